"""When the job runs by itself: systemd, cron, Kubernetes and Airflow."""
