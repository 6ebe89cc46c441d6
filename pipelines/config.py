"""The configuration of a project: typed, frozen, strict, layered.

``conf/base.yaml`` < the project's YAML < the environment (``CHURNLAB__TRAIN__TRIALS=20``) < ``--set train.trials=20``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from pipelines.config_act import ActSettings
from pipelines.config_dashboard import DashboardSettings
from pipelines.config_deliver import DeliverSettings
from pipelines.config_experiments import ExperimentsSettings
from pipelines.config_job import JobSettings
from pipelines.config_label import VARIANTS, LabelSettings
from pipelines.config_mart import MartSettings
from pipelines.config_measures import MeasuresSettings
from pipelines.config_outbox import VARIANTS as TRANSPORTS
from pipelines.config_outbox import OutboxSettings
from pipelines.config_problems import described
from pipelines.config_promote import PromoteSettings
from pipelines.config_score import ScoreSettings
from pipelines.config_section import Days, Section, Share
from pipelines.errors import ConfigError
from pipelines.identity.settings import Identity, check_systems
from pipelines.ingest.mapping import FlatSource
from pipelines.ingest.mapping import Mapping as TableMapping
from pipelines.safe_yaml import parsed

if TYPE_CHECKING:
    from evaluation.value_names import ValueNames

CONF = Path("conf")
ENVIRONMENT_PREFIX = "CHURNLAB__"


class SimulateSettings(Section):
    """The demo company."""

    customers: Annotated[int, Field(ge=50)]
    months: Annotated[int, Field(ge=3)]
    seed: int
    ends_on: date


class DataSettings(Section):
    """Where the tables come from: canonical tables by mapping, or one flat table with a ready label."""

    root: Path
    mapping: TableMapping | None = None
    flat: FlatSource | None = None
    identity: Identity | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.mapping is None) == (self.flat is None):
            raise ValueError("give exactly one of data.mapping (tables with times) and data.flat (one labelled table)")
        check_systems(self.identity, self.mapping)
        return self


class OwnExpectation(Section):
    """An expectation of the user's, as in a suite of Great Expectations."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["stop", "quarantine", "warn"] = "warn"
    name: str | None = None
    reason: str | None = None


class ValidateSettings(Section):
    """Limits of the checks."""

    orphans: Literal["stop", "quarantine", "keep"]
    quarantine_limit: Share
    minimum_rows: dict[str, Annotated[int, Field(ge=0)]]
    earliest: date
    severities: dict[str, Literal["stop", "quarantine", "warn", "off"]]
    expectations: dict[str, list[OwnExpectation]]
    fresh_days: dict[str, Days]
    volume_share: Share
    missing_rise: Share
    divergence: Annotated[float, Field(gt=0)]


class FeaturesSettings(Section):
    """Which signals are computed, and where."""

    engine: Literal["duckdb", "spark"]
    tables: list[str] | None
    exclude: list[str]
    folders: list[Path]


class TrainSection(Section):
    """How models are trained."""

    families: Annotated[list[str], Field(min_length=1)]
    trials: Annotated[int, Field(ge=1)]
    budget_s: Annotated[float, Field(gt=0)] | None
    half_life_days: Annotated[float, Field(gt=0)] | Literal["auto"] | None
    seed: int
    device: Literal["auto", "cpu", "cuda"]
    calibrate: bool
    intervals: bool
    select_signals: bool
    monotone: bool
    warm_start: bool
    horizons_days: list[Days]
    treated: Literal["keep", "leave_out", "weigh_less", "hold_out_only"]
    treated_weight: Share
    recency_column: str | None
    purchase_process: bool
    minimum_positives: Annotated[int, Field(ge=1)]
    validations: Annotated[int, Field(ge=1)]
    folds: Annotated[int, Field(ge=2)]
    test_share: Annotated[float, Field(gt=0, lt=1)]


class EvaluateSettings(Section):
    """How a model is judged."""

    capacity: Annotated[int, Field(ge=1)] | None
    replicates: Annotated[int, Field(ge=20)]
    segments: list[str] | None
    contact_cost: Annotated[float, Field(ge=0)] | None
    offer_cost: Annotated[float, Field(ge=0)] | None
    acceptance_share: Share
    stayer_acceptance_share: Share
    margin_share: Annotated[float, Field(gt=0, le=1)]
    value_column: str | None
    value_months: Annotated[float, Field(gt=0)]
    value: Annotated[float, Field(gt=0)] | None
    gates: dict[str, dict[str, Any]]


class TrackingSettings(Section):
    """Where MLflow keeps runs and models."""

    uri: str
    trial_runs: bool


class Project(Section):
    """Everything that a user can choose about one project."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    title: dict[Literal["en", "zh"], str]
    currency: str
    workspace: Path
    names: dict[str, dict[str, dict[Literal["en", "zh"], str]]]
    data: DataSettings
    simulate: SimulateSettings | None = None
    validate_: Annotated[ValidateSettings, Field(alias="validate")]
    label: LabelSettings | None = None
    features: FeaturesSettings
    train: TrainSection
    evaluate: EvaluateSettings
    promote: PromoteSettings
    score: ScoreSettings
    deliver: DeliverSettings
    job: JobSettings
    act: ActSettings
    outbox: OutboxSettings
    experiments: ExperimentsSettings
    measures: MeasuresSettings
    mart: MartSettings
    dashboard: DashboardSettings
    tracking: TrackingSettings

    @model_validator(mode="after")
    def _horizons_inside(self) -> Self:
        days = self.train.horizons_days
        if not days:
            return self
        if self.label is None or any(churn.kind != "contractual" for churn in self.label.churn):
            raise ValueError("train.horizons_days needs churn that tells the day, such as contractual; leave it empty")
        if max(days) >= self.label.horizon_days or len(set(days)) < len(days):
            raise ValueError(
                f"train.horizons_days {days} have to be different and shorter than label.horizon_days "
                f"({self.label.horizon_days}), which is told anyway"
            )
        return self

    @model_validator(mode="after")
    def _hold_out_there(self) -> Self:
        if self.train.treated == "hold_out_only" and not self.experiments.hold_out_share:
            raise ValueError("train.treated is hold_out_only; set experiments.hold_out_share and hold_out_since first")
        return self

    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        """A project without a title is called by its name."""
        if not isinstance(values, dict) or "name" not in values:
            return values
        title = values.get("title") or {}
        if not isinstance(title, dict):
            return values
        shown = next(iter(title.values()), values["name"])
        return {**values, "title": {"en": shown, "zh": shown, **title}}

    @model_validator(mode="after")
    def _label_for_tables(self) -> Self:
        if self.data.mapping is not None and self.label is None:
            raise ValueError("tables with times need a section 'label' that says what churn is")
        return self

    @property
    def is_flat(self) -> bool:
        """Whether the input is one labelled table without a time axis."""
        return self.data.flat is not None

    @property
    def value_names(self) -> ValueNames:
        """What values are called: the names that come with the program, the project's own on top, and its currency."""
        from evaluation.value_names import SHIPPED

        return SHIPPED.with_own(self.names).in_currency(self.currency)

    @property
    def home(self) -> Path:
        """Folder in which everything of the project is kept."""
        return self.workspace / self.name

    def section(self, stage: str) -> Any:
        """Settings of one stage, ``None`` if it has none."""
        return getattr(self, {"validate": "validate_"}.get(stage, stage), None)


def load_project(name: str, overrides: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> Project:
    """Read and check a project's configuration.

    Parameters
    ----------
    name
        Name of a file in ``conf/`` or path of a YAML file.
    overrides
        Settings such as ``train.trials=20``; the value is read as YAML.
    environment
        Environment variables; the process's own by default.

    Raises
    ------
    ConfigError
        If a file is missing, is no YAML, or holds an unknown key or a wrong value.
    """
    path = _find(name)
    layers = [_read(path.parent / "base.yaml"), _read(path)]
    layers += [
        _nested(key, value) for key, value in _from_environment(os.environ if environment is None else environment)
    ]
    layers += [_nested(*_split_override(text)) for text in overrides]
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merge(merged, layer)
    return _checked(merged, path)


def project_names() -> list[str]:
    """Names of the projects in ``conf/``."""
    return sorted(file.stem for file in CONF.glob("*.yaml") if file.stem != "base")


def dump(project: Project) -> dict[str, Any]:
    """The resolved configuration as plain values; addresses keep their ``${NAME}`` so that no secret is shown."""
    return project.model_dump(mode="json", by_alias=True)


def _find(name: str) -> Path:
    path = Path(name) if name.endswith((".yaml", ".yml")) else CONF / f"{name}.yaml"
    if path.is_file() and path.stem != "base":
        return path
    known = project_names()
    raise ConfigError(
        f"There is no project '{name}' ({path} is not a file)",
        allowed=f"a path of a YAML file or one of: {', '.join(known) or 'none, conf/ holds no project'}",
        do="run from the folder that holds conf/, or write conf/NAME.yaml (docs/guides/your-data.md)",
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigError(f"{path} is missing", allowed="base.yaml beside the project's YAML", do="restore it")
    try:
        content = parsed(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {_one_line(error)}", do="mend the line named") from error
    if content is not None and not isinstance(content, dict):
        raise ConfigError(
            f"{path} holds a {type(content).__name__}", allowed="keys with values", do="see conf/demo.yaml"
        )
    return content or {}


def _from_environment(environment: Mapping[str, str]) -> Iterable[tuple[list[str], Any]]:
    for key, value in sorted(environment.items()):
        if key.startswith(ENVIRONMENT_PREFIX):
            yield key[len(ENVIRONMENT_PREFIX) :].lower().split("__"), _value(value, key)


def _split_override(text: str) -> tuple[list[str], Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"--set {text!r} has no '='", allowed="section.key=value", do="write e.g. --set train.trials=20"
        )
    return key.strip().split("."), _value(value, text)


def _value(text: str, origin: str) -> Any:
    try:
        return parsed(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"The value of {origin!r} is not valid YAML", do="quote it") from error


def _nested(keys: list[str], value: Any) -> dict[str, Any]:
    for key in reversed(keys):
        value = {key: value}
    return value


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _checked(content: dict[str, Any], path: Path) -> Project:
    try:
        return Project.model_validate(content)
    except ValidationError as error:
        problems = [described(problem, Project, VARIANTS | TRANSPORTS) for problem in error.errors(include_url=False)]
        raise ConfigError(f"{path}: {'; '.join(problems[:5])}", do="see docs/guides/configuration.md") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
