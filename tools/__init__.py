"""Tools of those who build tipbrief."""
