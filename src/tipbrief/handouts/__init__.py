"""What is made of a finished PDF to hand out: sheets to fold, pictures to send."""
