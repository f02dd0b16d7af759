"""Study: the pictures, slice by slice and as they were drawn for the report, with the findings beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.markup import escape
from textual.message import Message
from textual.widgets import Footer, Label, Static

from appliance.report.marks import N_
from appliance.tui.picture import PictureBox
from appliance.tui.review import ReviewScreen
from appliance.tui.speaking import SpeakingScreen, explained
from appliance.workplace.tongue import say
from appliance.workplace.views import Views

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.events import Resize

    from appliance.contracts import Study
    from appliance.findings import Findings
    from appliance.tui.app import OutpostApp
    from appliance.workplace.findings_lines import Line
    from appliance.workplace.slices import Slices


class FindingsBeside(VerticalScroll):
    """The findings in words."""

    HELP = explained(
        N_("Findings"),
        N_("What was found, how sure it is, and where to look. Faint lines are less sure. Up and down scroll."),
        N_("All of it is automatic: a radiologist must confirm it."),
    )


class Pictures(PictureBox, can_focus=True):
    """The pictures."""

    HELP = explained(
        N_("Pictures"),
        N_(
            "**left, right** go from slice to slice (or from picture to picture); **v** changes what is shown: the "
            "scan, then the pictures of the report: marked slices, what the model looked at, what is unusual, "
            "measuring lines, the earlier study beside this one."
        ),
        N_(
            "**o** switches outlines; **+ -** make the window narrower or wider, **[ ]** darker or brighter, **0** "
            "sets it back. **d** opens the PDF, **i** the picture. **s** goes to review and sign."
        ),
    )


class StudyScreen(SpeakingScreen[None]):
    """See the module's docstring."""

    AUTO_FOCUS = "#picture-box"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", N_("Back")),
        Binding("s", "review", N_("Review and sign"), id="review"),
        Binding("left", "leaf(-1)", N_("Slice"), key_display="←→", priority=True),
        Binding("right", "leaf(1)", N_("Next"), show=False, priority=True),
        Binding("v", "view(1)", N_("View"), id="view"),
        Binding("V", "view(-1)", N_("View before"), show=False),
        Binding("o", "outline", N_("Outline"), id="outline"),
        Binding("plus,equals_sign", "contrast(0.8)", N_("Window"), key_display="+-", id="narrower"),
        Binding("minus", "contrast(1.25)", N_("Wider"), show=False, id="wider"),
        Binding("left_square_bracket", "brightness(0.1)", N_("Level"), key_display="[]", id="darker"),
        Binding("right_square_bracket", "brightness(-0.1)", N_("Brighter"), show=False, id="brighter"),
        Binding("0", "reset", N_("Window as it was"), show=False, id="reset"),
        Binding("d", "open_report", N_("PDF"), id="open-pdf"),
        Binding("i", "open_picture", N_("Picture"), id="open-picture"),
    ]

    class Opened(Message):
        """Findings, and later the scan itself, were loaded."""

        def __init__(self, findings: Findings | None, lines: list[Line], slices: tuple[Slices, ...], why: str) -> None:
            super().__init__()
            self.findings, self.lines, self.slices, self.why = findings, lines, slices, why

    def __init__(self, folder: Path, study: Study | None) -> None:
        super().__init__()
        self.folder, self.study = folder, study
        self.findings: Findings | None = None
        self.views = Views(folder)

    @property
    def outpost(self) -> OutpostApp:
        """The app, by its own type."""
        return cast("OutpostApp", self.app)

    def compose(self) -> ComposeResult:
        """Lay out pictures on the left, findings on the right."""
        with Horizontal(id="body"):
            with Vertical(id="pictures"):
                yield Pictures(self.outpost.terminal, id="picture-box")
                yield Label("", id="view-caption", markup=False)
            with FindingsBeside(id="findings", can_focus=True):
                yield Static("", id="lines")
        yield Footer()

    def on_mount(self) -> None:
        """Open the study."""
        self.query_one("#findings").border_title = say("Findings")
        self.query_one(Pictures).border_title = say("Opening …")
        self._open()

    def on_screen_resume(self) -> None:
        """Come back from review: it may be signed now."""
        if self.findings is not None:
            self._open()

    @work(thread=True, exclusive=True)
    def _open(self) -> None:
        from appliance.workplace.opening import findings_and_lines, slices_or_reason  # noqa: PLC0415 - loads NumPy

        findings, lines = findings_and_lines(self.folder)
        self.post_message(self.Opened(findings, lines, (), ""))
        if findings is not None and not self.views.has_slices:
            slices, why = slices_or_reason(self.study, findings, self.folder, self.outpost.workplace.settings)
            self.post_message(self.Opened(findings, lines, slices, why))

    @on(Opened)
    def _show(self, message: Opened) -> None:
        self.findings = message.findings
        text = "\n".join(_styled(line) for line in message.lines)
        self.query_one("#lines", Static).update(text)
        if message.findings is not None:
            self.views.take(message.findings, message.slices)
            self._draw()
        if message.why:
            self.notify(message.why)

    def on_resize(self, _event: Resize) -> None:
        """Draw again as large as it fits now."""
        self.call_after_refresh(self._draw)

    def action_leaf(self, by: int) -> None:
        """Go to another slice."""
        self.views.leaf(by)
        self._draw()

    def action_view(self, by: int) -> None:
        """Show something else of the study."""
        self.views.turn(by)
        self._draw()

    def action_outline(self) -> None:
        """Switch outlines on or off."""
        self.views.outlined = not self.views.outlined
        self._draw()

    def action_contrast(self, factor: float) -> None:
        """Make the window narrower or wider."""
        self.views.widen(factor)
        self._draw()

    def action_brightness(self, by: float) -> None:
        """Shift the window by a share of its width."""
        self.views.shift(by)
        self._draw()

    def action_reset(self) -> None:
        """Set the window back."""
        self.views.reset_window()
        self._draw()

    def action_open_report(self) -> None:
        """Open the PDF in the system's viewer."""
        self.outpost.open_report(self.folder)

    def action_open_picture(self) -> None:
        """Open the picture in the system's viewer."""
        path = self.views.file
        if path is None:
            self.notify(say("This is the scan itself. Press v for a picture of the report."), severity="warning")
        else:
            self.outpost.open_outside(path)

    def action_review(self) -> None:
        """Go to review and sign."""
        if self.findings is not None:
            self.app.push_screen(ReviewScreen(self.folder, self.findings))

    def _draw(self) -> None:
        box = self.query_one(Pictures)
        picture = self.views.picture(box.pixel_rows)
        box.border_title = escape(self.views.title)
        self.query_one("#view-caption", Label).update(self.views.caption)
        if picture is not None:
            box.show(picture)


def _styled(line: Line) -> str:
    """Put a line's weight into markup; what the files said is escaped."""
    text = line.text.replace("[", "\\[")
    return {"title": f"[b $primary]{text}[/]", "care": f"[$warning]{text}[/]", "faint": f"[dim]{text}[/]"}.get(
        line.weight.value, text
    )
