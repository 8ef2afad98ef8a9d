"""The companion's parts, put together: what the composition root makes once."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions.appointments.bundle import AppointmentRoom, build_appointments
from actions.assisted import Assisted, build_assisted
from actions.centres.bundle import CentreRoom, build_centres
from actions.checklists import ChecklistService, load_texts
from actions.companion.aids import Aids
from actions.companion.reviews import Reviews
from actions.dossiers import MESSAGES_FILE
from actions.dossiers.access import Access
from actions.dossiers.adapters.service import OutsideRegistry, build_outside
from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.eforms.communes import CommuneFinder
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.intake import Intake
from actions.dossiers.eforms.pages import FormPages
from actions.dossiers.eforms.pending import Pending
from actions.dossiers.eforms.speech import Speech
from actions.dossiers.eforms.values import ValueReader
from actions.dossiers.identity.build import MESSAGES_FILE as IDENTITY_MESSAGES
from actions.dossiers.identity.build import build_identity
from actions.dossiers.papers.build import MESSAGES_FILE as PAPERS_MESSAGES
from actions.dossiers.papers.build import build_papers
from actions.dossiers.papers.files import Files
from actions.dossiers.payments.build import build_payments
from actions.dossiers.payments.ledger import Guides
from actions.dossiers.payments.service import Payments
from actions.dossiers.refusals.pasting import Pastes
from actions.dossiers.registry.build import MESSAGES_FILE as REGISTRY_MESSAGES
from actions.dossiers.registry.build import build_registry
from actions.dossiers.registry.calendar import WorkCalendar
from actions.dossiers.registry.desk import OfficerDesk
from actions.dossiers.registry.offers import OfferSource
from actions.dossiers.registry.pages import DossierPages
from actions.dossiers.registry.registry import Registry
from actions.dossiers.registry.submission import Submissions
from actions.dossiers.registry.supplements import Supplements
from actions.dossiers.results.build import build_results
from actions.dossiers.results.checking import SignatureCheck
from actions.dossiers.results.issuing import Results
from actions.dossiers.supplement_chat import SupplementChat
from actions.dossiers.supplement_files import SupplementFiles
from actions.messages import Messages
from actions.notices.build import build_notices
from actions.notices.service import Notices
from actions.outbox import Outbox
from actions.rights.build import build_rights
from actions.rights.service import Rights
from common.database import Database
from common.keyring import Keyring
from common.links import Links
from common.settings import Settings
from knowledge_base.store import KnowledgeBase

__all__ = ["Dossiers", "build_dossiers"]


@dataclass(frozen=True)
class Dossiers:
    """Every service of the companion."""

    forms: FormLibrary
    drafts: DraftService
    submissions: Submissions
    intake: Intake
    pastes: Pastes
    registry: Registry
    desk: OfficerDesk
    supplements: Supplements
    supplement_files: SupplementFiles
    supplement_chat: SupplementChat
    calendar: WorkCalendar
    uploads: Uploads
    reviews: Reviews
    access: Access
    links: Links
    outbox: Outbox
    # Files of dossiers, for those entitled, and officers' word on them.
    papers: Files
    aids: Aids
    checklists: ChecklistService
    pages: DossierPages
    form_pages: FormPages
    results: Results
    signatures: SignatureCheck
    # None when the embedded registry is the only one.
    outside: OutsideRegistry | None
    payments: Payments
    notices: Notices
    rights: Rights
    centres: CentreRoom
    appointments: AppointmentRoom
    assisted: Assisted
    # Each part adds what it offers on a dossier's page and tracking card.
    offers: list[OfferSource] = field(default_factory=list)


def build_dossiers(
    settings: Settings, database: Database, keyring: Keyring, guides: Guides | None = None
) -> Dossiers:
    """`guides`: the published guides; read from the database when not given. Raises InvalidGuide when an e-form is
    wrong."""
    texts = Messages.load(MESSAGES_FILE)
    forms = FormLibrary.shipped()
    reader = ValueReader(texts, CommuneFinder.load())
    drafts = DraftService(database, keyring, forms, reader, texts)
    outbox = Outbox(database, keyring)
    links = Links(keyring, texts.render("link.gone"))
    parts = build_registry(settings, database, keyring, drafts.store, forms, outbox, MESSAGES_FILE)
    submissions, registry = parts.submissions, parts.registry
    uploads = Uploads(settings, database, keyring)
    scans, logins = build_identity(settings, database, keyring, uploads, drafts)
    speech = Speech()
    intake = Intake(drafts, Pending(database, keyring), uploads, speech, texts, scans, logins)
    supplement_chat = SupplementChat(
        database, intake.pending, uploads, speech, Messages.load(REGISTRY_MESSAGES))
    intake.afterwards = supplement_chat
    access = Access(database, texts)
    results, signatures = build_results(settings, database, keyring, access, outbox)
    papers, reuse = build_papers(database, keyring, drafts, uploads, access, logins, results)
    aids = Aids(
        drafts, scans, logins, reuse, links, Messages.load(IDENTITY_MESSAGES), Messages.load(PAPERS_MESSAGES),
        settings.base_url)
    pages = DossierPages(links, settings.base_url)
    notices = build_notices(settings, database, keyring, outbox, links, pages, intake.pending)
    centres = build_centres(database, settings.office_hours, parts.calendar.today)
    appointments = build_appointments(settings, database, keyring, centres, access, links, notices)
    checklists = ChecklistService(database, keyring, links, settings.base_url, load_texts())
    rights = build_rights(
        settings, database, keyring, outbox, drafts=drafts, registry=registry, access=access, notices=notices,
        checklists=checklists, appointments=appointments.bookings, workdays=parts.calendar.today)
    payments = build_payments(
        settings, database, outbox, registry, guides or KnowledgeBase(database).get, checklists.answers)
    return Dossiers(
        forms, drafts, submissions, intake, Pastes(intake.pending), registry, parts.desk, parts.supplements,
        SupplementFiles(database, uploads, parts.supplements), supplement_chat, parts.calendar, uploads,
        Reviews(drafts, registry, texts, aids),
        access=access, links=links, outbox=outbox, papers=papers, aids=aids,
        checklists=checklists,
        pages=pages, form_pages=FormPages(links, settings.base_url), results=results, signatures=signatures,
        outside=build_outside(settings, database, keyring, outbox, uploads, registry), payments=payments,
        notices=notices, rights=rights, centres=centres, appointments=appointments,
        assisted=build_assisted(database, keyring, centres.directory, drafts, submissions),
        offers=[results.offers, papers.offers, appointments.wording.offers, payments.offers])
