#!/usr/bin/env python3
"""Holds OFD documents against readers that this project did not write.

    pip install ofdkit==0.2.0 && npm install --prefix /tmp/ofd ofd.js@0.2.6
    MODULES=/tmp/ofd python3 tools/check-ofd.py FOLDER|FILE.ofd...

Of each document, as `boyin demo` leaves them in its folder `documents`: zipfile reads the container, every file but description and value is
covered, and `openssl` finds the SM3 digest of each, that of the description in the seal signature, and the SM2 signatures of signer and maker;
ofdkit reads the metadata, and on the pages, where the tags lead, what they say; ofd.js opens it, finds the picture of the seal and its place, and
verifies signature and digests. Of the first document two changed copies have to be refused, by openssl as by ofd.js. Who signed is not asked: no
certificate is led back to anybody, and no clock is read. Nothing is drawn. It ends with 1 if anything is wrong, and with 2 if a reader is missing.
"""

import base64
import io
import json
import os
import pathlib
import posixpath
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile

SM3_OID = "1.2.156.10197.1.401"
SM2_WITH_SM3 = bytes.fromhex("06082a811ccf55018375")  # 1.2.156.10197.1.501
USER_ID = "distid:1234567812345678"
# Metadata that a page shows as they are; dates are written otherwise.
SHOWN = ("ZZMC", "ZZBH", "ZZBS", "ZZBFJG", "CZZT", "CZZTDM")
# Where a browser would be: ofd.js wants the size of pictures from one. A line of JSON for each document.
OFD_JS = """
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
globalThis.Image = class { set src(_) { this.width = this.height = 1; queueMicrotask(() => this.onload?.()); } };
const say = console.log;
console.log = () => {};
const ofd = createRequire(process.argv[1] + "/package.json")("ofd.js");
for (const file of process.argv.slice(2)) {
  const bytes = new Uint8Array(readFileSync(file)).buffer;
  globalThis.toBeChecked = new Map();
  try {
    const [read] = await new Promise((success, fail) => ofd.parseOfdDocument({ ofd: bytes, success, fail }));
    const stamps = Object.values(read.stampAnnot).flat();
    const digests = [...globalThis.toBeChecked.values()];
    say(JSON.stringify({
      pages: read.pages.length,
      stamps: stamps.map(({ type, obj, stamp }) => ({ type, at: obj.boundary ?? null, signed: stamp.sealObj.verifyRet })),
      digests: digests.map((of) => ({ count: of.length, same: ofd.digestCheck(of) })),
    }));
  } catch (error) {
    say(JSON.stringify({ error: String(error) }));
  }
}
"""


class Wrong(Exception):
    """A reader does not find what it should; the text says what."""


def need(condition, text):
    if not condition:
        raise Wrong(text)


def missing(text):
    print(text, file=sys.stderr)
    sys.exit(2)


def element(data, at=0):
    """Where the content of a DER element begins and where it ends."""
    need(at + 2 <= len(data), "DER ends early")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[at + 2:start], "big")
    need(start + length <= len(data), "DER ends early")
    return start, start + length


def content(data):
    start, end = element(data)
    return data[start:end]


def parts(data):
    """The elements within an element, heads and all."""
    at, end = element(data)
    found = []
    while at < end:
        _, stop = element(data, at)
        found.append(data[at:stop])
        at = stop
    return found


class OpenSsl:
    """The command, in a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def run(self, *words, **files):
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        return subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=False)

    def sm3(self, blobs):
        names = [f"blob{number}" for number in range(len(blobs))]
        done = self.run("dgst", "-sm3", "-r", *names, **dict(zip(names, blobs)))
        need(done.returncode == 0, f"openssl: {done.stderr.decode()}")
        return [bytes.fromhex(line.split()[0]) for line in done.stdout.decode().splitlines()]

    def is_signed(self, certificate, message, signature):
        key = self.run("x509", "-inform", "DER", "-in", "certificate", "-pubkey", "-noout", certificate=certificate)
        need(key.returncode == 0, f"openssl reads no certificate: {key.stderr.decode()}")
        words = ("dgst", "-sm3", "-sigopt", USER_ID, "-verify", "key", "-signature", "signature", "message")
        return self.run(*words, key=key.stdout, signature=signature, message=message).returncode == 0


def located(files, folder, location):
    """The file that a location means from a folder."""
    for name in (location.lstrip("/"), posixpath.normpath(posixpath.join(folder, location))):
        if name in files:
            return name
    raise Wrong(f"{location} is not there")


def unpacked(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        need(package.testzip() is None, "zipfile finds a damaged file")
        names = [name for name in package.namelist() if not name.endswith("/")]
        need(len(set(names)) == len(names), "zipfile finds a name twice")
        return {name: package.read(name) for name in names}


def signatures(files):
    """The path of the description of each signature, and its root."""
    found = []
    for body in ET.fromstring(files["OFD.xml"]).findall("{*}DocBody"):
        listed = body.find("{*}Signatures")
        need(listed is not None, "there is no signature")
        listed = located(files, "", listed.text.strip())
        for one in ET.fromstring(files[listed]).findall("{*}Signature"):
            path = located(files, posixpath.dirname(listed), one.get("BaseLoc"))
            found.append((path, ET.fromstring(files[path])))
    need(found, "there is no signature")
    return found


def check_signature(files, path, root, openssl):
    """References, coverage, and the two signatures of GB/T 38540. How many references there are."""
    references = root.find("{*}SignedInfo/{*}References")
    need(references.get("CheckMethod") in (SM3_OID, "SM3"), "the digests are not of SM3")
    digests = {
        located(files, "", one.get("FileRef")): base64.b64decode(one.find("{*}CheckValue").text)
        for one in references.findall("{*}Reference")
    }
    value_path = located(files, posixpath.dirname(path), root.find("{*}SignedValue").text.strip())
    bare = set(files) - set(digests) - {path, value_path}
    need(not bare, f"not covered: {', '.join(sorted(bare))}")
    for (name, said), found in zip(digests.items(), openssl.sm3([files[name] for name in digests])):
        need(said == found, f"openssl finds another digest of {name}")
    value = parts(files[value_path])
    need(len(value) in (4, 5), "no seal signature of GB/T 38540")
    signed, certificate, algorithm, signature = value[:4]
    need(algorithm == SM2_WITH_SM3, "not signed with SM2 and SM3")
    _, seal, _, digest, place = parts(signed)[:5]
    need([content(digest)[1:]] == openssl.sm3([files[path]]), "openssl finds another digest of the description")
    need(content(place).decode().lstrip("/") == path, "the signature names another description")
    need(openssl.is_signed(content(certificate), signed, content(signature)[1:]), "openssl refuses the signer's signature")
    beside = root.find("{*}SignedInfo/{*}Seal/{*}BaseLoc")
    if beside is not None:
        beside = located(files, posixpath.dirname(path), beside.text.strip())
        need(files[beside] == seal, "the seal beside the signature is another one")
    info, maker, algorithm, made = parts(seal)[:4]
    need(algorithm == SM2_WITH_SM3, "the seal is not signed with SM2 and SM3")
    need(openssl.is_signed(content(maker), info, content(made)[1:]), "openssl refuses the maker's signature")
    kind, holders = parts(parts(info)[2])[2:4]
    if content(kind) == b"\x01":
        held = content(certificate) in [content(one) for one in parts(holders)]
    else:
        held = openssl.sm3([content(certificate)])[0] in [content(parts(one)[1]) for one in parts(holders)]
    need(held, "the signer is not in the list of the seal")
    return len(digests)


def squeezed(text):
    return "".join(text.split())


def check_text(data, files, ofdkit):
    """What ofdkit reads: metadata, and what the objects say to which the tags lead. How many pages there are."""
    with ofdkit.open(data) as document:
        need(not document.warnings, f"ofdkit warns: {document.warnings}")
        custom = document.info.custom_data
        tags = [name for name in files if posixpath.basename(name) == "CustomTag.xml"]
        need(len(tags) == 1, "there is not one file of tags")
        said = {}
        for tag in ET.fromstring(files[tags[0]]).iter():
            objects = tag.findall("{*}ObjectRef")
            if objects:
                texts = [document.page_by_id(one.get("PageRef")).object_text(one.text) for one in objects]
                need(all(texts), f"ofdkit finds no text of {tag.tag}")
                said[tag.tag.rpartition("}")[2]] = "".join(texts)
        for name in SHOWN:
            need(name in custom and name in said, f"ofdkit finds no {name}")
            need(squeezed(said[name]) == squeezed(custom[name]), f"ofdkit reads another {name} on the page")
        return len(document.pages)


def read_by_ofd_js(paths):
    command = ["node", "--input-type=module", "-e", OFD_JS, os.path.abspath(os.environ.get("MODULES", ".")), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"ofd.js does not run: npm install --prefix DIR ofd.js@0.2.6, MODULES=DIR\n{done.stderr[-400:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_ofd_js(read, pages, references):
    need("error" not in read, f"ofd.js does not open it: {read.get('error')}")
    need(read["pages"] == pages, "ofd.js finds another number of pages")
    need(read["stamps"] and all(stamp["at"] and stamp["at"]["w"] > 0 for stamp in read["stamps"]), "ofd.js finds no place of the seal")
    need(all(stamp["signed"] is True for stamp in read["stamps"]), "ofd.js refuses the signature")
    need([of["count"] for of in read["digests"]] == references, "ofd.js finds other references")
    need(all(of["same"] for of in read["digests"]), "ofd.js finds another digest")


def check_all(path, openssl, ofdkit, by_ofd_js):
    data = pathlib.Path(path).read_bytes()
    files = unpacked(data)
    references = [check_signature(files, at, root, openssl) for at, root in signatures(files)]
    check_ofd_js(by_ofd_js, check_text(data, files, ofdkit), references)


def changed(path, folder):
    """Two copies, whose pages and whose signature were changed: path and what refuses them, openssl and ofd.js."""
    files = unpacked(pathlib.Path(path).read_bytes())
    at, root = signatures(files)[0]
    page = next(name for name in sorted(files) if posixpath.basename(name) == "Content.xml")
    value = located(files, posixpath.dirname(at), root.find("{*}SignedValue").text.strip())
    last = bytes([files[value][-1] ^ 1])
    copies = []
    for name, other, refusals in [
        (page, files[page] + b"\n", ("openssl finds another digest", "ofd.js finds another digest")),
        (value, files[value][:-1] + last, ("openssl refuses the signer's", "ofd.js refuses the signature")),
    ]:
        copy = os.path.join(folder, f"changed{len(copies)}.ofd")
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as package:
            for kept, data in {**files, name: other}.items():
                package.writestr(kept, data)
        copies.append((copy, refusals))
    return copies


def check_changed(copy, refusals, openssl, read, pages):
    """Each of the two readers has to refuse it by itself."""
    files = unpacked(pathlib.Path(copy).read_bytes())
    at, root = signatures(files)[0]
    references = [digests["count"] for digests in read.get("digests", [])]
    for check, refusal in [
        (lambda: check_signature(files, at, root, openssl), refusals[0]),
        (lambda: check_ofd_js(read, pages, references), refusals[1]),
    ]:
        try:
            check()
        except Wrong as wrong:
            need(str(wrong).startswith(refusal), f"a changed copy is refused for something else: {wrong}")
        else:
            raise Wrong(f"a changed copy passes: no “{refusal}”")


def main(places):
    try:
        import ofdkit
    except ImportError:
        missing("ofdkit is missing: pip install ofdkit==0.2.0")
    paths = []
    for place in map(pathlib.Path, places):
        paths.extend(sorted(map(str, place.glob("*.ofd"))) if place.is_dir() else [str(place)])
    if not paths:
        missing(__doc__)
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        openssl = OpenSsl(folder)
        copies = []
        try:
            copies = changed(paths[0], folder)
        except (Wrong, zipfile.BadZipFile):
            pass  # it has no signature, which is told below
        read = read_by_ofd_js(paths + [copy for copy, _ in copies])
        checks = [(path, lambda path=path, by=by: check_all(path, openssl, ofdkit, by)) for path, by in zip(paths, read)]
        for (copy, refusals), by in zip(copies, read[len(paths):]):
            pages = read[0].get("pages")
            checks.append((copy, lambda c=copy, r=refusals, b=by, p=pages: check_changed(c, r, openssl, b, p)))
        for path, check in checks:
            try:
                check()
            except (Wrong, zipfile.BadZipFile, ET.ParseError, ofdkit.OFDError) as wrong:
                faults += 1
                print(f"✗ {path}: {wrong}")
    print(f"{len(paths)} documents and {len(copies)} changed copies, held against openssl, ofdkit {ofdkit.__version__} and ofd.js: {faults} faults")
    return 1 if faults or not copies else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
