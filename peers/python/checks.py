"""One line a check; what failed says why."""

import traceback

tally = {"passed": 0, "failed": 0}


def check(name):
    """`@check("...")` runs a function at once and puts what it returned in its place."""

    def run(work):
        try:
            result = work()
        except Exception:
            tally["failed"] += 1
            print(f"FAILED  {name}")
            print("        " + traceback.format_exc().replace("\n", "\n        "), flush=True)
            return None
        tally["passed"] += 1
        print(f"ok      {name}", flush=True)
        return result

    return run


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, wanted {wanted!r}")
