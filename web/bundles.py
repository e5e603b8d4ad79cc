"""GET /assets/NAME: the built bundles, named by their content, pre-compressed, kept by the browser for ever."""

from __future__ import annotations

import mimetypes

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from services.bundles import Bundles

IMMUTABLE = "public, max-age=31536000, immutable"
PACKED = (("br", ".br"), ("gzip", ".gz"))


class BundleFiles:
    def __init__(self, bundles: Bundles) -> None:
        self._folder = bundles.folder
        self._known = set(bundles.names.values())

    def serve(self, request: Request) -> Response:
        """Only names of the manifest: nothing else in the folder, and no path out of it."""
        name = request.path_params["name"]
        if name not in self._known:
            return Response(status_code=404)
        path = self._folder / name
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
        accepted = request.headers.get("accept-encoding", "")
        for encoding, ending in PACKED:
            if encoding in accepted and (packed := path.with_name(name + ending)).is_file():
                return FileResponse(packed, media_type=media_type, headers={**headers, "Content-Encoding": encoding})
        return FileResponse(path, media_type=media_type, headers=headers)
