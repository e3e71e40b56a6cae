"""The forms of the register."""

from flask_babel import lazy_gettext
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired

from volunteer.core.forms import RefusableForm


class UploadForm(RefusableForm):
    file = FileField(
        lazy_gettext("File with people"),
        description=lazy_gettext("An xlsx or csv file with the columns 姓名, 手机号 and 单位."),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
    )
    whole = BooleanField(
        lazy_gettext("The file is the whole roster of the units in it"),
        description=lazy_gettext(
            "Then those who are in the register and not in the file are listed, with a choice."
        ),
    )


class CategoryForm(RefusableForm):
    name = StringField(
        lazy_gettext("New category"),
        description=lazy_gettext("At most 20 characters, as it stands in the units' lists."),
        validators=[InputRequired(lazy_gettext("Write the category in 1 to 20 characters."))],
    )
