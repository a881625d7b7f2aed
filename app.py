"""The app: routes of the server, settings of all pages, navigation; nothing else.

    streamlit run app.py

Streamlit reads this file as the server, which takes `app` from it, and runs it again as the script
of every session.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from pages.server import (
        caretaker,
        downloads,
        explore_routes,
        export_routes,
        picture_sheets,
        routes,
    )

    app = st.App(
        __file__,
        routes=[
            *routes.ROUTES,
            *explore_routes.ROUTES,
            *downloads.ROUTES,
            *export_routes.ROUTES,
            *picture_sheets.ROUTES,
        ],
        lifespan=caretaker.lifespan,
        on_script_error=caretaker.on_script_error,
    )
else:
    from pages.shell import classroom, frame, link

    frame.configure_page()
    pages = frame.navigation()
    page = st.navigation(pages, position="top")
    link.keep()
    link.keep_run(page.url_path)
    frame.show_frame(pages)
    frame.show_machine()
    classroom.apply_classroom()
    page.run()
