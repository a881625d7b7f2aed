"""The app: routes of the server, page config, navigation; nothing else.

    streamlit run app.py

Streamlit reads this file as the server, which takes `app` from it, and runs it again as the script
of every session.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from pages.server import caretaker as server
    from pages.server import downloads, explore_routes, routes
    from pages.server import export_routes as take_routes

    app = st.App(
        __file__,
        routes=[
            *routes.ROUTES,
            *explore_routes.ROUTES,
            *downloads.ROUTES,
            *take_routes.ROUTES,
        ],
        lifespan=server.lifespan,
        on_script_error=server.on_script_error,
    )
else:
    from pages.shell import frame, room

    frame.configure()
    page = st.navigation(frame.navigation(), position="top")
    frame.show()
    room.show()
    page.run()
