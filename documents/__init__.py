"""Word and XLSX for people."""
