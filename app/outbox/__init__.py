"""Mail: written as rows in the transaction that causes it, sent by a job, readable in development."""
