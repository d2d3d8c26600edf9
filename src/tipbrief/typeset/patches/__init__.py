"""Everything that replaces private functions of WeasyPrint and its libraries."""
