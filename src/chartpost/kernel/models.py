"""Tables of the kernel: who owns which encrypted file, and each owner's key."""

from django.db import models


class OwnerKey(models.Model):
    """The key of one owner (`person:<id>` or `office`), wrapped by the key ring; deleting it shreds their files."""

    owner = models.CharField(max_length=80, primary_key=True)
    wrapped = models.BinaryField()
    created = models.DateTimeField()


class Blob(models.Model):
    """One encrypted file; `wrapped` is its data key under its owner's key, `sha256` and `size` are of the plaintext."""

    id = models.CharField(max_length=26, primary_key=True)
    owner = models.CharField(max_length=80, db_index=True)
    wrapped = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=120)
    created = models.DateTimeField()


class Setting(models.Model):
    """A fact an administrator recorded about this installation, such as `volume-encryption-confirmed`."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.TextField()
    changed = models.DateTimeField()
