// Where a reading goes: three ways of making it durable. `put` resolves after the commit that holds the row.

import Database from 'better-sqlite3'
import pg from 'pg'

const COLUMNS = 'device, slot, at, remaining, original, on_hand, expected_at, last_use_at'

function database(file) {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(`CREATE TABLE reading (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, slot TEXT NOT NULL, at INTEGER NOT NULL,
    remaining REAL NOT NULL, original REAL NOT NULL, on_hand REAL, expected_at TEXT, last_use_at TEXT) STRICT`)
  return { db, insert: db.prepare(`INSERT INTO reading (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`) }
}

/** SQLite as one writes it first: a transaction a request. */
export function each(file) {
  const { insert } = database(file)
  return async (row) => void insert.run(row)
}

/** SQLite with OpenDRS's design: what came in during one turn of the loop is committed together, then answered. */
export function grouped(file) {
  const { db, insert } = database(file)
  const all = db.transaction((rows) => rows.forEach(({ row }) => insert.run(row)))
  let waiting = []
  const flush = () => {
    const batch = waiting
    waiting = []
    try {
      all(batch)
    } catch (error) {
      return batch.forEach(({ reject }) => reject(error))
    }
    batch.forEach(({ resolve }) => resolve())
  }
  return (row) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push({ row, resolve, reject })
    })
}

/** PostgreSQL by a pool: an insert a request, prepared once a connection. */
export async function pool(url) {
  const pool = new pg.Pool({ connectionString: url, max: 32 })
  await pool.query(`DROP TABLE IF EXISTS peer_reading`)
  await pool.query(`CREATE TABLE peer_reading (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, device BIGINT NOT NULL,
    slot TEXT NOT NULL, at BIGINT NOT NULL, remaining DOUBLE PRECISION NOT NULL, original DOUBLE PRECISION NOT NULL,
    on_hand DOUBLE PRECISION, expected_at TIMESTAMPTZ, last_use_at TIMESTAMPTZ)`)
  const text = `INSERT INTO peer_reading (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
  return (values) => pool.query({ name: 'put', text, values })
}
