"""Images with content credentials, signed on the spot by a signer of a made-up authority."""

import datetime
import json
from functools import cache
from io import BytesIO

from tests.operators.vision_language.media_given import encoded, scene

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@cache
def authority():
    """The certificate of the authority, that of the signer, and the signer's key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    now = datetime.datetime.now(datetime.UTC)

    def certificate(of, key, root):
        names = [
            x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
            for name in (of, "authority")
        ]
        usage = x509.KeyUsage(not root, False, False, False, False, root, root, False, False)
        builder = (
            x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(1))
            .not_valid_after(now + datetime.timedelta(3650))
            .add_extension(x509.BasicConstraints(root, None), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), False)
        )
        if not root:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        return builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    private = keys[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate("authority", keys[0], True), certificate("signer", keys[1], False), private


def signed(seed=0, source="trainedAlgorithmicMedia", forbidden=(), ingredient=None):
    """A JPEG with a manifest that says how it was made and what it may not be used for."""
    import c2pa

    root, leaf, key = authority()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", leaf + root, key, None))
    action = {"action": "c2pa.created", "digitalSourceType": f"{SOURCE}{source}"}
    assertions = [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]
    if forbidden:
        entries = {f"cawg.{use}": {"use": "notAllowed"} for use in forbidden}
        assertions.append({"label": "cawg.training-mining", "data": {"entries": entries}})
    manifest = {"claim_generator_info": [{"name": "maker", "version": "1.2"}], "assertions": assertions}
    builder, out = c2pa.Builder(json.dumps(manifest)), BytesIO()
    if ingredient is not None:
        builder.add_ingredient({"title": "before.jpg", "relationship": "componentOf"}, "image/jpeg", BytesIO(ingredient))
    builder.sign(signer, "image/jpeg", BytesIO(encoded(scene(seed), "JPEG", quality=95)), out)
    return out.getvalue()


def tampered(data):
    """The image with one of its last pixels' bytes changed."""
    at = len(data) - 200
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
