"""Watch: the pages in the browser while files are edited."""
