"""Many accounts and feeds at once: each a run of Meltano of its own, spread by Airflow or Kubernetes."""
