#!/usr/bin/env python3
"""Prints the leads that are new or have changed since the last run, one JSON object a line.

    FOOTFALL_SECRET_KEY=sk_… pull_leads.py https://footfall.example leads-state.json >>leads.ndjson

What was printed is remembered in the state file once all of it is printed: a run that breaks off is made good by the
next one. A lead may come twice, never not at all. It uses the standard library alone.
"""

import email.utils
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

TRIES = 6
# Leads that nobody has to do anything about any more are listed by their status only.
STATUSES = (None, "unresponsive", "closed_won", "closed_lost")


def get(url, key):
    """Returns the answer as JSON and the server's time, trying again where the server says that it may."""
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + key})
    for left in range(TRIES - 1, -1, -1):
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response), response.headers["Date"]
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or not left:
                raise SystemExit(f"{error.code}: {error.read().decode(errors='replace')}")
            time.sleep(float(error.headers.get("Retry-After", "1")))
        except urllib.error.URLError as error:
            if not left:
                raise SystemExit(f"{url}: {error.reason}")
            time.sleep(1)


def pull(base, key, since):
    """Yields (lead, server's time at the first request), page by page."""
    began = None
    for status in STATUSES:
        query = {"limit": "200"}
        if status:
            query["status"] = status
        if since:
            query["updated_since"] = since
        while True:
            page, date = get(base + "/v1/leads?" + urllib.parse.urlencode(query), key)
            began = began or email.utils.parsedate_to_datetime(date).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            for lead in page["leads"]:
                yield lead, began
            if not page["next_cursor"]:
                break
            query["cursor"] = page["next_cursor"]
    yield None, began


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {"since": None, "printed": {}}


def save(path, state):
    """Replaces the state file, whole or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def main():
    if len(sys.argv) != 3 or not os.environ.get("FOOTFALL_SECRET_KEY"):
        raise SystemExit(__doc__)
    base, path = sys.argv[1].rstrip("/"), sys.argv[2]
    state = load(path)
    printed, began = dict(state["printed"]), None
    for lead, began in pull(base, os.environ["FOOTFALL_SECRET_KEY"], state["since"]):
        # The last run's second is asked for again, since it went on after that run had begun.
        if lead and printed.get(lead["id"]) != lead["updated_at"]:
            print(json.dumps(lead, ensure_ascii=False))
            printed[lead["id"]] = lead["updated_at"]
    sys.stdout.flush()
    # What did not change since this run began is not listed by the next one, and need not be remembered.
    save(path, {"since": began, "printed": {i: at for i, at in printed.items() if at >= began}})


if __name__ == "__main__":
    main()
