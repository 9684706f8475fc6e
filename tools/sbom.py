"""`make sbom`: what the service is made of, as CycloneDX 1.6 JSON, from the lock alone.

The same lock gives the same bytes, so it bears no time. Its hashes are those that the installation
is held to.
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tools.locks import ROOT, RUNTIME, Pinned, pinned


def sbom(lock: str, project: dict[str, Any]) -> str:
    """The document. `project` is the table of that name in pyproject.toml."""
    packages = pinned(lock)
    name, version = project["name"], project["version"]
    ours = f"pkg:pypi/{name}@{version}"
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, ours + lock)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": name,
                "version": version,
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": ours,
            }
        },
        "components": [_component(package) for package in packages],
        "dependencies": [_depends(ours, name, packages)]
        + [_depends(_purl(package), package.name, packages) for package in packages],
    }
    return json.dumps(document, indent=2) + "\n"


def _component(package: Pinned) -> dict[str, Any]:
    purl = _purl(package)
    hashes = [{"alg": "SHA-256", "content": digest} for digest in package.hashes]
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        # Of every file that may be installed of this version, one for each kind of machine.
        "externalReferences": [{"type": "distribution", "url": purl, "hashes": hashes}],
    }
    if package.marker is not None:
        component["properties"] = [{"name": "python:marker", "value": package.marker}]
    return component


def _depends(ref: str, name: str, packages: list[Pinned]) -> dict[str, Any]:
    on = sorted(_purl(package) for package in packages if name in package.wanted_by)
    return {"ref": ref, "dependsOn": on}


def _purl(package: Pinned) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def main(target: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(sbom(RUNTIME.read_text(), project))
    print(f"{target}: {len(pinned(RUNTIME.read_text()))} packages")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
