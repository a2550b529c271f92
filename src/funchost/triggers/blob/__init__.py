"""Blob trigger: functions that run when a blob is new or has changed."""
