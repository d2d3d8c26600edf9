"""What WeasyPrint would make again as it made it before is kept, from one document to the next."""
