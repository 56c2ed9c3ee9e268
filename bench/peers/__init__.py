"""Programs that chargerights is compared with.

Some answer the same questions. Others are servers that only send bytes.
"""
