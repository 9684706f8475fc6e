"""Files of a session. So far only how they read; uploads and storage are the next chapter.

Only ready files are part of a workspace. The sessions package asks for them.
"""
