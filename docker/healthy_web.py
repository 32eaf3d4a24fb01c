"""Exit with 0 when the home page answers: the web server, Django and the database are well.

Asked the way a proxy in front of the site asks; standard library only, to cost next to nothing.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    port = int(os.environ.get("PORT") or 8000)
    site = urlsplit(os.environ.get("BASE_URL") or f"http://localhost:{port}")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"Host": site.netloc, "X-Forwarded-Proto": site.scheme}
        connection.request("HEAD", "/", headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"no answer: {error}\n")
        return 1
    finally:
        connection.close()
    if status != http.client.OK:
        sys.stderr.write(f"the home page answers {status}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
