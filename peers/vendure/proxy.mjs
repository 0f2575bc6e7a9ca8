// Stands between OpenDRS and the shop: hears what is asked and answered, and loses an answer when it is told to.

import { createServer } from 'node:http'

export class Proxy {
  #lost = new Map()
  #server
  /** What was asked and answered; whoever wants to forget it does. */
  traffic = []

  /** Opens it before the shop's Admin API at `target`. */
  async open(target) {
    this.#server = createServer(async (request, reply) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      const { host, connection, 'content-length': length, ...headers } = request.headers
      const answer = await fetch(target, { method: 'POST', headers, body })
      const text = await answer.text()
      const { operationName: operation, variables } = JSON.parse(body)
      const lost = this.#lost.get(operation)
      this.traffic.push({ operation, variables, answer: JSON.parse(text), ...(lost && { lost: true }) })
      if (lost) {
        this.#lost.delete(operation)
        await lost()
        request.socket.destroy()
        return
      }
      reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
    })
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${this.#server.address().port}/admin-api`
  }

  /** Loses the next answer to `operation`, once the shop has given it and `then` is done. */
  lose(operation, then = async () => {}) {
    this.#lost.set(operation, then)
  }

  close() {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
