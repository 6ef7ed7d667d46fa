"""The audit log's own mathematics: entries, canonical bytes, chain, Merkle tree, checkpoints, verification.

Writes to no store.
"""
