"""Exit with 0 when the web server answers an address (`/healthz`, `/readyz`) with success.

`/healthz`: the process lives; what restarts it must not do so because a database is away.
`/readyz`: it can serve. Standard library only, to cost next to nothing.
"""

import http.client
import os
import sys


def main(address: str) -> int:
    port = int(os.environ.get("PORT") or 8000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", address)
        response = connection.getresponse()
        said = response.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"no answer: {error}\n")
        return 1
    finally:
        connection.close()
    if response.status != http.client.OK:
        sys.stderr.write(f"{address} answers {response.status}: {said}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
