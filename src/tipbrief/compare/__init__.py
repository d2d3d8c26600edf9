"""What differs between two publications or editions."""
