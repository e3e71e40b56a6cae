"""The forms of the register."""

from flask_babel import lazy_gettext
from flask_wtf.file import FileField, FileRequired

from volunteer.core.forms import RefusableForm


class UploadForm(RefusableForm):
    file = FileField(
        lazy_gettext("File with people"),
        description=lazy_gettext("An xlsx or csv file with the columns 姓名, 手机号 and 单位."),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
    )
