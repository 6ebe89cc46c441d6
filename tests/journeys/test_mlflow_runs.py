"""What a line leaves in MLflow, as a person finds it there."""


def test_mlflow_holds_the_run_its_trials_and_the_champion(demo_workspace):
    client = demo_workspace.runner.tracking.client()
    champion = client.get_model_version_by_alias("churn_demo", "champion")
    challenger = client.get_model_version_by_alias("churn_demo", "challenger")
    run = client.get_run(champion.run_id)
    assert champion.version == challenger.version
    assert run.info.status == "FINISHED"
    assert run.info.run_name.count(" · ") == 2
    assert run.data.tags["cutoff"] == demo_workspace.runner.store.load("calendar")["test_cutoff"]
    assert {"0_decides/log_loss", "0_decides/roc_auc", "validation/log_loss"} <= run.data.metrics.keys()
    children = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{champion.run_id}'")
    assert {child.data.tags["family"] for child in children} == set(demo_workspace.project.train.families)
    assert {child.info.status for child in children} == {"FINISHED"}
    xgboost = next(child for child in children if child.data.tags["family"] == "xgboost")
    trials = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{xgboost.info.run_id}'")
    assert len(trials) == demo_workspace.project.train.trials
    curve = [point.value for point in client.get_metric_history(xgboost.info.run_id, "search/best_log_loss")]
    losses = [trial.data.metrics["validation/log_loss"] for trial in sorted(trials, key=lambda run: run.info.run_name)]
    assert curve == [min(losses[: number + 1]) for number in range(len(losses))]


def test_mlflow_says_who_is_champion_and_why(demo_workspace):
    client, project = demo_workspace.runner.tracking.client(), demo_workspace.project
    champion = client.get_model_version_by_alias("churn_demo", "champion")
    run = client.get_run(champion.run_id)
    best = demo_workspace.runner.store.load("judged")["best"]
    said = "**Champion** (churn_demo version 1): the first champion."
    assert run.data.tags["standing"] == "champion"
    assert run.data.tags["mlflow.note.content"].startswith(f"{said}\n\n**{best}**")
    assert champion.description.startswith(said)
    assert f"in the next {project.label.horizon_days} days" in client.get_registered_model("churn_demo").description
    note = client.get_experiment(run.info.experiment_id).tags["mlflow.note.content"]
    assert note.startswith("**Champion: [churn_demo version 1]")
    assert f"](#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}?" in note


def test_the_run_holds_configuration_data_and_pictures(demo_workspace):
    client = demo_workspace.runner.tracking.client()
    champion = client.get_model_version_by_alias("churn_demo", "champion")
    names = {file.path for file in client.list_artifacts(champion.run_id)}
    assert {"project.yaml", "training.json", "test_predictions.parquet", "judged.json", "figures"} <= names
    pictures = {file.path for file in client.list_artifacts(champion.run_id, "figures")}
    assert {"figures/gain.html", "figures/gain.png", "figures/calibration.html"} <= pictures
    assert client.get_run(champion.run_id).inputs.dataset_inputs[0].dataset.digest
