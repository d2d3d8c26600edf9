"""Mail merge: the documents of many recipients, one message each, and the newest edition for who has an old one."""
