"""Timer trigger: functions that run by a schedule, on one instance of the app at a time."""
