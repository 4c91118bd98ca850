"""What runs inside the walls; it imports no other room, so no answer and no test lies beside a student."""

__all__: list[str] = []
