"""The tests; a package, so that they can share helpers and import the tools."""
