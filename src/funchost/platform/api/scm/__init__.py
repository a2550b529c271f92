"""SCM calls of one site: uploads, deployments, settings, logs."""
