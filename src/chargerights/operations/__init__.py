"""Operations: what an operator sees and does, through any door.

Values in, values out; no HTTP and no HTML.
"""
