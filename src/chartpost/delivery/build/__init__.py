"""Making the files of a package: one module per format."""
