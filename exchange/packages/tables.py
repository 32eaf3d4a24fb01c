"""The tables of a package, in their order."""

from __future__ import annotations

from exchange.packages.fields import Field, Reference, Table

SOURCE = Reference(("source",), "sources")
OF_INDICATOR = Reference(("indicator",), "indicators")
OF_TARGET = Reference(("indicator", "target"), "targets", ("indicator", "code"))

_CODE = Field("code", "Code, stable et unique dans le plan.", required=True)
_TITLE = Field("title", "Titre.", required=True)
_SUMMARY = Field("summary", "Résumé.")
_SOURCE = Field("source", "Code de la source, dans la table « sources ».")
_LOCATOR = Field("locator", "Endroit de la source : page, article, paragraphe.")
_NOTES = Field("notes", "Codes des notes à lire avec cette ligne, séparés par « | ».")
_INDICATOR = Field("indicator", "Code de l’indicateur.", required=True)
_PROVISIONAL = Field("provisional", "Vrai pour une donnée provisoire.", "boolean", required=True)
_DATE_INFERRED = Field(
    "date_inferred",
    "Vrai quand la source ne donne pas la date, qui est déduite.",
    "boolean",
    required=True,
)
_STARTS_ON = Field("starts_on", "Début (inclus).", "date")
_URL = Field("url", "Adresse.", format="uri")


FACTS = ("adopted_on", "starts_on", "ends_on", "budget")
OF_FACT = {
    "derived": "Vrai quand « {} » est déduit : aucune source ne l’énonce.",
    "derivation": "Comment « {} » est déduit, quand aucune source ne l’énonce.",
    "source": "Code de la source qui énonce « {} » ; vide quand c’est déduit.",
    "locator": "Endroit de cette source.",
    "claim": "Code de l’affirmation d’où vient « {} », dans la table « claims ».",
}
"""What follows each fact of a plan: whether it is stated, and by what. Empty where it is."""


def _fact(column: Field) -> tuple[Field, ...]:
    """Return the column of a fact, and those that say what it rests on."""
    return (
        column,
        *(
            Field(
                f"{column.name}_{part}",
                text.format(column.name),
                "boolean" if part == "derived" else "string",
            )
            for part, text in OF_FACT.items()
        ),
    )


PLAN = Table(
    name="plan",
    title="Le plan",
    key=("code",),
    references=tuple(
        Reference((f"{name}_{part}",), table)
        for name in FACTS
        for part, table in (("source", "sources"), ("claim", "claims"))
    ),
    columns=(
        _CODE,
        _TITLE,
        Field("kind", "Nature : regional_plan, regional_strategy, state_region_roadmap …"),
        Field("region_code", "Code INSEE de la région ; en X pour une région fictive."),
        Field("region_name", "Nom de la région."),
        _SUMMARY,
        Field("ambition", "Ambition affichée."),
        Field("related_to", "Identifiant du plan auquel ce programme est lié."),
        *_fact(Field("adopted_on", "Date d’adoption.", "date")),
        *_fact(_STARTS_ON),
        *_fact(Field("ends_on", "Fin (incluse).", "date")),
        *_fact(Field("budget", "Budget annoncé, en euros.", "number")),
        Field("leads", "Porteurs, séparés par « | »."),
        Field("partners", "Partenaires, séparés par « | »."),
        Field("funders", "Financeurs, séparés par « | »."),
        Field("sectors", "Filières prioritaires, séparées par « | »."),
        Field("on_track_from", "En bonne voie à partir de cette part du rythme attendu.", "number"),
        Field("watch_from", "À surveiller à partir de cette part du rythme attendu.", "number"),
        Field("early_below", "Trop tôt au-dessous de cette part de la cible attendue.", "number"),
        _URL,
    ),
)
OBJECTIVES = Table(
    name="objectives",
    title="Axes et objectifs",
    references=(SOURCE, Reference(("parent",), "objectives")),
    columns=(
        _CODE,
        Field("kind", "Nature : axis, objective, cross_cutting."),
        Field("parent", "Code de l’axe ou de l’objectif dont il fait partie."),
        _TITLE,
        _SUMMARY,
        _SOURCE,
        _LOCATOR,
        _NOTES,
        _URL,
    ),
)
MEASURES = Table(
    name="measures",
    title="Mesures",
    references=(SOURCE, Reference(("objective",), "objectives")),
    columns=(
        _CODE,
        Field("objective", "Code de l’objectif.", required=True),
        _TITLE,
        _SUMMARY,
        Field("state", "planned, in_progress, done, abandoned ; vide : non renseigné."),
        Field("state_reason", "Précision sur l’état."),
        _STARTS_ON,
        Field("ends_on", "Fin (incluse).", "date"),
        Field("leads", "Porteurs, séparés par « | »."),
        Field("partners", "Partenaires, séparés par « | »."),
        Field("funders", "Financeurs, séparés par « | »."),
        Field("sectors", "Filières, séparées par « | »."),
        _SOURCE,
        _LOCATOR,
        _NOTES,
        _URL,
    ),
)
MILESTONES = Table(
    name="milestones",
    title="Livrables, avec le dernier état publié",
    key=("measure", "code"),
    references=(SOURCE, Reference(("measure",), "measures")),
    columns=(
        Field("measure", "Code de la mesure.", required=True),
        Field("code", "Code du livrable, unique dans la mesure.", required=True),
        _TITLE,
        Field("due_on", "Échéance.", "date"),
        _SOURCE,
        _LOCATOR,
        Field("advancement", "planned, in_progress, done, abandoned ; vide : non renseigné."),
        Field("as_of", "Jour que cet état décrit.", "date"),
        Field("advancement_source", "Code de la source de cet état."),
        Field("advancement_locator", "Endroit de cette source."),
    ),
)
INDICATORS = Table(
    name="indicators",
    title="Indicateurs",
    references=(
        SOURCE,
        Reference(("objective",), "objectives"),
        Reference(("measure",), "measures"),
    ),
    columns=(
        _CODE,
        Field("common_code", "Le même dans tous les plans qui comptent la même chose."),
        Field("objective", "Code de l’objectif, pour un indicateur d’objectif."),
        Field("measure", "Code de la mesure, pour un indicateur de mesure."),
        _TITLE,
        Field("definition", "Définition."),
        Field("method", "Méthode de calcul."),
        Field("kind", "Nature : output, result, impact, context."),
        Field("measurement", "flow : les périodes s’additionnent ; stock : niveau ; ratio."),
        Field("unit", "Nom de l’unité, au pluriel."),
        Field("unit_symbol", "Symbole de l’unité."),
        Field("ratio_scale", "Facteur d’un rapport : 100 pour un pourcentage.", "number"),
        Field("frequency", "Périodicité : month, quarter, half_year, year, once."),
        Field("availability_lag_days", "Délai de disponibilité, en jours.", "integer"),
        Field("baseline", "Valeur initiale, dans l’unité.", "number"),
        Field("baseline_on", "Date de la valeur initiale.", "date"),
        Field("baseline_qualifier", "Précision de la valeur initiale."),
        Field("baseline_source", "Code de la source de la valeur initiale."),
        Field("baseline_locator", "Endroit de cette source."),
        _SOURCE,
        _LOCATOR,
        _NOTES,
        _URL,
    ),
)
TARGETS = Table(
    name="targets",
    title="Cibles en vigueur",
    key=("indicator", "code"),
    references=(SOURCE, OF_INDICATOR),
    columns=(
        _INDICATOR,
        Field("code", "Code de la cible, unique dans l’indicateur.", required=True),
        Field("kind", "quota, total, level, threshold.", required=True),
        Field("operator", "at_least ou at_most.", required=True),
        Field("value", "Valeur visée ; vide pour un quota, voir « target_periods ».", "number"),
        Field("tolerance", "Tolérance, fraction de la cible.", "number"),
        _STARTS_ON,
        Field("due_on", "Échéance ; vide : inconnue.", "date"),
        Field("wording", "Formulation de la source.", required=True),
        Field("source", "Code de la source.", required=True),
        _LOCATOR,
        Field("derivation", "Ce qui est déduit et que la source n’énonce pas."),
        Field("assumption", "Ce qu’il a fallu supposer."),
        Field("abandoned_on", "Date d’abandon.", "date"),
        Field("abandonment_reason", "Motif de l’abandon."),
        Field("revision_reason", "Motif de la révision, quand elle en remplace une autre."),
    ),
)
TARGET_PERIODS = Table(
    name="target_periods",
    title="Valeur visée à chaque période",
    key=("indicator", "target", "starts_on"),
    references=(OF_TARGET,),
    columns=(
        _INDICATOR,
        Field("target", "Code de la cible.", required=True),
        _STARTS_ON,
        Field("ends_on", "Fin (incluse).", "date"),
        Field("value", "Valeur visée, dans l’unité de l’indicateur.", "number", required=True),
    ),
)
CHECKPOINTS = Table(
    name="checkpoints",
    title="Niveaux attendus en chemin",
    key=("indicator", "target", "on"),
    references=(OF_TARGET,),
    columns=(
        _INDICATOR,
        Field("target", "Code de la cible.", required=True),
        Field("on", "Jour.", "date"),
        Field("value", "Niveau attendu ce jour-là.", "number", required=True),
    ),
)
OBSERVATIONS = Table(
    name="observations",
    title="Valeurs publiées en vigueur",
    key=("indicator", "period_start", "period_end"),
    references=(SOURCE, OF_INDICATOR),
    columns=(
        _INDICATOR,
        Field("period_start", "Premier jour de la période.", "date", required=True),
        Field("period_end", "Dernier jour de la période (inclus).", "date", required=True),
        Field("value", "Valeur, dans l’unité de l’indicateur ; vide pour un rapport.", "number"),
        Field("numerator", "Numérateur d’un rapport.", "number"),
        Field("denominator", "Dénominateur d’un rapport.", "number"),
        Field("qualifier", "exact, at_least, about, at_most.", required=True),
        _PROVISIONAL,
        _DATE_INFERRED,
        Field("source", "Code de la source.", required=True),
        _LOCATOR,
        Field("evidence_url", "Adresse du justificatif."),
        Field("comment", "Commentaire public."),
        Field("correction_reason", "Motif, quand la valeur en corrige une autre."),
        Field("published_on", "Jour de publication sur ce site.", "date"),
    ),
)
PROGRESS = Table(
    name="progress",
    title="Avancement de chaque cible, calculé par le site",
    key=("indicator", "target"),
    references=(OF_INDICATOR,),
    columns=(
        _INDICATOR,
        Field("target", "Code de la cible ; vide pour un indicateur suivi sans cible."),
        Field("evaluated_on", "Jour du calcul.", "date", required=True),
        Field("rules_version", "Version des règles de calcul.", "integer", required=True),
        Field("status", "Statut, en code.", required=True),
        Field("status_label", "Statut, en français.", required=True),
        Field("reason", "Pourquoi il n’y a pas de taux, en code."),
        Field("explanation", "Pourquoi ce statut, en une phrase.", required=True),
        Field("rate", "Taux d’avancement, en fraction : 0.4 pour 40 %.", "number"),
        Field("value", "Valeur agrégée, dans l’unité ; vide : rien n’est publié.", "number"),
        Field("value_qualifier", "Précision de cette valeur : exact, at_least, about, at_most."),
        Field("target_value", "Valeur visée.", "number"),
        Field("expected", "Valeur attendue à la fin des données.", "number"),
        Field("expected_share", "Part de la cible attendue, en fraction.", "number"),
        Field("pace", "Réalisé rapporté à l’attendu.", "number"),
        Field("satisfied", "Vrai si la cible est satisfaite.", "boolean"),
        Field("derived_total", "Vrai si le total visé est déduit de quotas.", "boolean"),
        Field("from_zero", "Vrai si, faute de valeur initiale, on mesure depuis zéro.", "boolean"),
        Field("reported_until", "Fin de la dernière période publiée.", "date"),
        Field("periods_reported", "Périodes achevées et renseignées.", "integer"),
        Field("periods_ended", "Périodes achevées.", "integer"),
        Field("periods_total", "Périodes en tout.", "integer"),
        Field("freshness", "fresh, due, stale."),
        Field("next_due_on", "Date de la prochaine publication attendue.", "date"),
    ),
)
SOURCES = Table(
    name="sources",
    title="Sources",
    columns=(
        _CODE,
        Field("kind", "Nature du document."),
        _TITLE,
        Field("publisher", "Éditeur."),
        _URL,
        Field(
            "published_on", "Date, aussi précise que le document la montre : AAAA-MM-JJ ou AAAA."
        ),
        Field("published_inferred", "Vrai quand cette date est déduite.", "boolean"),
        Field("comment", "Remarque."),
    ),
)
CLAIMS = Table(
    name="claims",
    title="Ce que chaque source dit du plan",
    references=(SOURCE,),
    columns=(
        _CODE,
        Field("subject", "adopted_on, starts_on, ends_on, budget, axes, name, other."),
        Field("statement", "Énoncé.", required=True),
        Field("date", "Date énoncée.", "date"),
        Field("amount", "Montant énoncé, en euros.", "number"),
        _SOURCE,
        _LOCATOR,
        Field("derivation", "Comment c’est déduit, quand aucune source ne l’énonce."),
        Field("retained", "Vrai pour l’affirmation que le site retient.", "boolean", required=True),
    ),
)
NOTES = Table(
    name="notes",
    title="Notes : désaccords entre sources, hypothèses, inconnues, contexte",
    columns=(
        _CODE,
        Field("kind", "discrepancy, assumption, unknown, context."),
        Field("text", "Texte.", required=True),
        Field("sources", "Sources citées, avec l’endroit, séparées par « | »."),
    ),
)

TABLES = (
    PLAN, OBJECTIVES, MEASURES, MILESTONES, INDICATORS, TARGETS, TARGET_PERIODS, CHECKPOINTS,
    OBSERVATIONS, PROGRESS, SOURCES, CLAIMS, NOTES,
)  # fmt: skip
TABLE_NAMES = tuple(table.name for table in TABLES)
