// Made from openapi.json by `npm run generate`; not to be changed by hand.

export interface paths {
    "/api/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit trail of your tenant
         * @description Newest first, of all people of the token's tenant. For the role `admin`; of other tenants it
         *     shows nothing to anybody.
         */
        get: operations["list_tenant_audit_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign somebody of your tenant out
         * @description Ends every token of theirs that was issued until now, whoever issued it, on every device. For
         *     the role `admin`; 204 also for whoever was never seen here. Repeating it is safe.
         */
        post: operations["sign_out_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read your audit trail
         * @description Newest first.
         */
        get: operations["list_audit_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/guest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin as a guest, or come back as the same
         * @description Without a token: a new guest with an empty workspace, and a token that all other routes
         *     take. With a guest's token as the bearer token, which may have expired: a fresh one of the same
         *     guest. The old one counts on as long as it says. Takes no body.
         */
        post: operations["begin_guest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke one token
         * @description Your token with this `jti`, or without one the token of this request, which is then the last
         *     it was good for. Repeating it is safe.
         */
        post: operations["revoke_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sign-out-everywhere": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out everywhere
         * @description Ends every token of yours that was issued until now, this one included, on every device.
         *     Then sign in again.
         */
        post: operations["sign_out_everywhere"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See where you are signed in
         * @description The latest seen first. A client that sends `X-Device-ID` is a device by that name; those that
         *     send none are one for each family of programs and platform. Addresses are networks, no more.
         */
        get: operations["list_devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/{device_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign a device out
         * @description Ends every token that was ever seen with the device, and each one issued until now that is
         *     used with it later. It comes back with a token from a new sign-in.
         */
        delete: operations["delete_device"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/missions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your missions
         * @description Newest first.
         */
        get: operations["list_missions"];
        put?: never;
        /**
         * Create a mission
         * @description With its hops and their tool steps, if they are known; with `session_id`, linked at once.
         */
        post: operations["create_mission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/missions/{mission_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a mission
         * @description A mission with its hops and tool steps.
         */
        get: operations["get_mission"];
        put?: never;
        post?: never;
        /**
         * Delete a mission
         * @description With its hops and tool steps; a linked session stays, without a mission.
         */
        delete: operations["delete_mission"];
        options?: never;
        head?: never;
        /**
         * Change a mission
         * @description When it becomes `completed`, so does its session. What is finished does not reopen.
         */
        patch: operations["update_mission"];
        trace?: never;
    };
    "/api/missions/{mission_id}/hops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a hop
         * @description At the end of the mission, with its tool steps if they are known.
         */
        post: operations["add_hop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/missions/{mission_id}/hops/{hop_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a hop
         * @description With its tool steps.
         */
        delete: operations["delete_hop"];
        options?: never;
        head?: never;
        /**
         * Change a hop
         * @description `data` is merged (RFC 7396).
         */
        patch: operations["update_hop"];
        trace?: never;
    };
    "/api/missions/{mission_id}/hops/{hop_id}/tool-steps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a tool step
         * @description At the end of the hop.
         */
        post: operations["add_tool_step"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/missions/{mission_id}/hops/{hop_id}/tool-steps/{step_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a tool step
         * @description For good.
         */
        delete: operations["delete_tool_step"];
        options?: never;
        head?: never;
        /**
         * Change a tool step
         * @description `started_at` and `finished_at` follow from the status.
         */
        patch: operations["update_tool_step"];
        trace?: never;
    };
    "/api/sessions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your sessions
         * @description Latest activity first.
         */
        get: operations["list_sessions"];
        put?: never;
        /**
         * Create a session
         * @description Creates a session with its chat. With a client-made `id`, or an `Idempotency-Key`, sending
         *     the same request again is safe.
         */
        post: operations["create_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/active": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The most recently active session
         * @description The whole workspace, and a touch of its activity; 204 where there is none.
         */
        get: operations["get_active_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/handoff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a session over from another device
         * @description The whole session, as recovery answers it; an abandoned one becomes active again. A code is
         *     used up by this: only the same request with the same `Idempotency-Key` is answered once more. It
         *     opens nothing for anybody but the person who made it. Wrong codes count like wrong tokens.
         */
        post: operations["exchange_handoff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Join a session by a link
         * @description With the token of a link, which stands in the fragment of its address and so reaches no
         *     server by itself. Repeating it is safe: whoever is in is in, and counts once.
         */
        post: operations["join_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take along what you made as a guest
         * @description All of the guest's sessions, missions and files become the caller's, with their ids and
         *     versions, in one step or not at all; repeating it is safe. No token of the guest's counts any
         *     longer. Where the account has a session or a mission of the same id, nothing is moved (409
         *     `id_conflict`, which names them). No quota refuses it; further uploads meet the account's.
         */
        post: operations["merge_guest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/recover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Come back: the whole workspace in one request
         * @description Answers the session asked for if it is the caller's and active, or abandoned (it becomes
         *     active again); else the most recently active one; else a new one. `reset` says why the id that
         *     was sent was not used.
         */
        post: operations["recover_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/shared-with-me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what is shared with you
         * @description Others' sessions, the latest shared first. Their owners' trails tell of the reading.
         */
        get: operations["list_shared_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/shared-with-me/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Leave a session that is shared with you
         * @description Gives up your share. Only its owner, or a link, lets you in again.
         */
        delete: operations["leave_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a session
         * @description The session with as much of its workspace as asked for.
         */
        get: operations["get_session"];
        /**
         * Replace fields of a session
         * @description Changes only the fields sent; metadata is replaced whole.
         */
        put: operations["update_session"];
        post?: never;
        /**
         * Erase a session
         * @description Erases the session with its chat, its linked mission and its assets, for good.
         */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        /**
         * Merge into a session
         * @description A JSON merge patch (RFC 7396): two tabs that autosave different keys both keep theirs.
         */
        patch: operations["merge_session"];
        trace?: never;
    };
    "/api/sessions/{session_id}/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that the person is there
         * @description Writes at most once in 5 seconds; an abandoned session becomes active again.
         */
        post: operations["touch_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Archive a session
         * @description Puts a session away, whether it is active, completed or abandoned; what was still running in it becomes `cancelled`. Nothing is lost: it can be read, listed and resumed. Repeating it is safe, whatever `If-Match` says.
         */
        post: operations["archive_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/assets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List files
         * @description Oldest first. Pending ones only with `status=pending`.
         */
        get: operations["list_assets"];
        put?: never;
        /**
         * Announce a file
         * @description Answers a ticket: the request that brings the bytes, straight to the store and without a
         *     token. Then call `complete`. Until that is done the asset is `pending`, belongs to nothing that
         *     others see, and goes by itself when the ticket ends. Large files come in parts.
         */
        post: operations["announce_asset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/assets/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a file in one call
         * @description For simple clients: a multipart form with one `file`, streamed through the service.
         */
        post: operations["upload_asset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/assets/{asset_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a file's description
         * @description One asset, pending or ready.
         */
        get: operations["get_asset"];
        put?: never;
        post?: never;
        /**
         * Delete a file
         * @description Removes it from the workspace at once, and its bytes from the store soon after.
         */
        delete: operations["delete_asset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/assets/{asset_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that the bytes are there
         * @description Checks what arrived against what was announced and makes the asset part of the workspace.
         *     Repeating it is safe.
         */
        post: operations["complete_asset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/assets/{asset_id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a file's content
         * @description Redirects to a fresh link. Browsers save what they find there and never show it as a page.
         */
        get: operations["get_asset_content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/assets/{asset_id}/parts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get tickets for parts
         * @description For a file that comes in parts: a ticket for each part asked for, and which have arrived.
         *     After a lost connection, ask again and bring what is missing.
         */
        post: operations["get_asset_parts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changed since a version
         * @description Oldest first, each with the thing as it is now: applied in their order to a copy of the
         *     session as it was at `since`, they make it what it is. While `has_more`, ask again since the
         *     `version` of the last change; then you have all up to `version`. Versions may be missing in
         *     between: of an answer that is being written, only the latest growth is listed.
         */
        get: operations["list_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Complete a session
         * @description The work is done: `active` becomes `completed`. Messages still being written keep their text and, like tool steps still running, become `cancelled`. The session can still be read, resumed, archived and erased, and takes no other writes. Repeating it is safe, whatever `If-Match` says.
         */
        post: operations["complete_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a session: Server-Sent Events
         * @description Every change after `Last-Event-ID`, or `since`, or else the present version: each once, in
         *     order, as `GET …/changes` tells them. `hello` comes first, with the version it begins behind.
         *
         *     Of a message that only grew, `message.grown` brings the new text: `text[offset:] = text`. The
         *     same changes, with presence and typing, come over a WebSocket at `/api/sessions/{id}/ws`.
         */
        get: operations["follow_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/handoff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hand a session over to another device
         * @description A code to type on the other device, where the same person is signed in, or to scan there.
         *     Good once, for two minutes. Each call makes another.
         */
        post: operations["create_handoff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/link-mission/{mission_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Link a mission
         * @description A session has at most one mission and a mission at most one session; linking the same one
         *     again is safe.
         */
        post: operations["link_mission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a page of messages
         * @description Oldest first. Without `before` or `after` the latest page; `before` goes back in the chat,
         *     `after` forward, both by `seq`.
         */
        get: operations["list_messages"];
        put?: never;
        /**
         * Append messages
         * @description One message, or `{"messages": [1 to 100]}`, all or nothing. With client-made ids, sending
         *     the same again is safe. With `If-Match`, refused when the chat has changed since.
         */
        post: operations["append_messages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/messages/{message_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a message
         * @description One message; its ETag is the version of its last change.
         */
        get: operations["get_message"];
        put?: never;
        post?: never;
        /**
         * Delete a message
         * @description For good. Its `seq` is never given again.
         */
        delete: operations["delete_message"];
        options?: never;
        head?: never;
        /**
         * Edit or end a message
         * @description `status` ends a message that is being written: `complete`, `failed`, or `cancelled`, which
         *     is a stop from any device. New content or metadata sets `edited_at`.
         */
        patch: operations["update_message"];
        trace?: never;
    };
    "/api/sessions/{session_id}/messages/{message_id}/append": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Grow a message that is being written
         * @description The answer lives on the server, not in the tab that asked for it: a lost connection is not
         *     a stop. `offset` is the length so far in code points, so a repeat is safe.
         */
        post: operations["append_to_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a session active again
         * @description Brings a completed, abandoned or archived session back, so that it takes writes again. What was cancelled when it stopped stays cancelled. Repeating it is safe, whatever `If-Match` says.
         */
        post: operations["resume_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who reaches a session
         * @description All people and links, oldest first, also those that have expired. For the owner.
         */
        get: operations["list_shares"];
        put?: never;
        /**
         * Share a session
         * @description With a person by their `user_id`, or by a link with whoever is given it. A link's `token` is
         *     in this answer and in no other: put it into the fragment (`#`) of an address of your app, which
         *     calls `join` with it.
         */
        post: operations["create_share"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/shares/{share_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a share
         * @description At once, open streams included. A link ends with the shares of all who came through it.
         */
        delete: operations["delete_share"];
        options?: never;
        head?: never;
        /**
         * Change a share
         * @description Counts from the next request on, and on streams that are open. A link's change changes the
         *     shares of all who came through it.
         */
        patch: operations["update_share"];
        trace?: never;
    };
    "/api/sessions/{session_id}/turn": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See who has the turn
         * @description Sessions have it as well, as `turn`.
         */
        get: operations["get_turn"];
        /**
         * Keep the turn
         * @description Lets it last that long from now, but never less long than it did: `DELETE` gives it back. One
         *     that expired is lost, though nobody has taken it yet.
         */
        put: operations["renew_turn"];
        /**
         * Take the turn
         * @description A lease for one run of an agent. While it lasts, only who names its number in `Session-Turn`
         *     writes as `assistant`, `tool` or `system`; what the person says goes in as ever. What the turn
         *     before was still writing, if that one expired, becomes `cancelled`.
         */
        post: operations["take_turn"];
        /**
         * Give the turn back
         * @description The next may take it at once; what was still being written under it becomes `cancelled`.
         *     Repeating it is safe, and takes nothing from whoever has the turn by then.
         */
        delete: operations["release_turn"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/turn/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop whoever has the turn
         * @description The stop button: whoever has the turn is told `turn_lost` and writes nothing more; what it
         *     was writing keeps its text and becomes `cancelled`. Repeating it is safe.
         */
        post: operations["stop_turn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the process alive?
         * @description Answers as long as the process does; asks nobody else.
         */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How is it doing? For Prometheus.
         * @description Figures of all worker processes, in Prometheus's text format. No token: keep the path inside,
         *     give it an address of its own, or turn it off, by `SESSION_API_METRICS`.
         */
        get: operations["get_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Can it do its work?
         * @description The database answers, and its tables are those that this version was written for.
         */
        get: operations["get_readiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Asset
         * @description A file of a session, its mission, or one of the mission's hops.
         */
        Asset: {
            /** Content Type */
            content_type: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Hop Id */
            hop_id: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Mission Id */
            mission_id: string | null;
            /** Name */
            name: string;
            /** Ready At */
            ready_at: string | null;
            /**
             * Scope
             * @enum {string}
             */
            scope: "session" | "mission" | "hop";
            /**
             * Session Id
             * Format: uuid
             */
            session_id: string;
            /** Sha256 */
            sha256: string | null;
            /** Size */
            size: number;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "ready";
        };
        /**
         * AssetAnnounced
         * @description The pending asset and how to bring its bytes; `upload` is null once it is ready.
         */
        AssetAnnounced: {
            asset: components["schemas"]["Asset"];
            upload: components["schemas"]["UploadTicket"] | null;
        };
        /**
         * AssetCreate
         * @description A file to come.
         */
        AssetCreate: {
            /** Content Type */
            content_type: string;
            /**
             * Hop Id
             * @description One of its hops.
             */
            hop_id?: string | null;
            /**
             * Id
             * @description A client-made UUID v4 or v7; sending it again is safe.
             */
            id?: string | null;
            /**
             * Mission Id
             * @description The session's mission, for a file that belongs to it.
             */
            mission_id?: string | null;
            /**
             * Name
             * @description Shown to people; no path is ever made of it.
             */
            name: string;
            /**
             * Sha256
             * @description In hex. The file is refused if it has another one.
             */
            sha256?: string | null;
            /**
             * Size
             * @description Bytes, exactly.
             */
            size: number;
        };
        /**
         * AssetPage
         * @description Assets, oldest first.
         */
        AssetPage: {
            /** Items */
            items: components["schemas"]["Asset"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * AuditEvent
         * @description What was done, by whom, in which request.
         */
        AuditEvent: {
            /** Actor */
            actor: string;
            /** Address */
            address: string | null;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Data */
            data: {
                [key: string]: unknown;
            };
            /** Event */
            event: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Request Id */
            request_id: string | null;
            /** Session Id */
            session_id: string | null;
            /**
             * Severity
             * @enum {string}
             */
            severity: "info" | "notice" | "warning" | "critical";
            /** User Agent */
            user_agent: string | null;
        };
        /**
         * AuditPage
         * @description Audit events, newest first.
         */
        AuditPage: {
            /** Items */
            items: components["schemas"]["AuditEvent"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * Change
         * @description What happened to one thing, and what it is now.
         */
        Change: {
            /**
             * Actor
             * @description Who did it: a token's `sub`, or `system:` and a job.
             */
            actor: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Data
             * @description The thing as its GET shows it now, a session without its parts; `{id, deleted: true}` where it is gone; null of what is no part of the workspace.
             */
            data: components["schemas"]["Session"] | components["schemas"]["Message"] | components["schemas"]["Mission"] | components["schemas"]["Hop"] | components["schemas"]["ToolStep"] | components["schemas"]["Asset"] | components["schemas"]["Gone"] | null;
            /**
             * Entity
             * @description The first half of the kind.
             */
            entity: string;
            /**
             * Entity Id
             * Format: uuid
             */
            entity_id: string;
            /**
             * Hop Id
             * @description Of a tool step: the hop that it is in.
             */
            hop_id?: string | null;
            /**
             * Kind
             * @description `session.updated`, `session.status`, `session.turn`, `message.created`, `message.updated`, `message.deleted`, `mission.linked`, `mission.updated`, and `created`, `updated`, `deleted` of `hop`, `tool_step` and `asset`. Pass over a kind that you don't know.
             */
            kind: string;
            /**
             * Message Count
             * @description Of a message: how many its chat has now.
             */
            message_count?: number | null;
            /**
             * Mission Id
             * @description Of a hop or a tool step: the mission that it is in.
             */
            mission_id?: string | null;
            /**
             * Version
             * @description The session's version that it made.
             */
            version: number;
        };
        /**
         * Changes
         * @description What changed after a version, oldest first.
         */
        Changes: {
            /** Changes */
            changes: components["schemas"]["Change"][];
            /**
             * Has More
             * @description Whether to ask again, since the `version` of the last change.
             */
            has_more: boolean;
            /**
             * Version
             * @description The session's present version.
             */
            version: number;
        };
        /**
         * Chat
         * @description The chat of a session, with its latest messages.
         */
        Chat: {
            /**
             * Has More
             * @description Whether there are older messages.
             */
            has_more: boolean;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Message Count */
            message_count: number;
            /**
             * Messages
             * @description Oldest first.
             */
            messages: components["schemas"]["Message"][];
            /**
             * Next Before
             * @description `before` of the page of older messages.
             */
            next_before: number | null;
        };
        /**
         * DamagedPart
         * @description A part of the session that can't be read; it comes as null, all the rest is there.
         */
        DamagedPart: {
            /** Code */
            code: string;
            /** Part */
            part: string;
        };
        /**
         * Device
         * @description Where the account is signed in.
         */
        Device: {
            /**
             * Address
             * @description The network it was last seen in, /24 or /48.
             */
            address: string | null;
            /**
             * Agent
             * @description The family of the program, such as Firefox.
             */
            agent: string;
            /**
             * Current
             * @description Whether this very request comes from it.
             */
            current: boolean;
            /**
             * First Seen At
             * Format: date-time
             */
            first_seen_at: string;
            /**
             * Id
             * Format: uuid
             * @description What the client sends as `X-Device-ID`, if that is a UUID.
             */
            id: string;
            /**
             * Last Seen At
             * Format: date-time
             */
            last_seen_at: string;
            /** Mobile */
            mobile: boolean;
            /** Platform */
            platform: string;
        };
        /**
         * DeviceList
         * @description All devices, the latest seen first.
         */
        DeviceList: {
            /** Items */
            items: components["schemas"]["Device"][];
        };
        /**
         * Fault
         * @description One fault of a request.
         */
        Fault: {
            /** Detail */
            detail: string;
            /**
             * Pointer
             * @description JSON pointer (RFC 6901) to where it is.
             */
            pointer: string;
        };
        /**
         * Gone
         * @description A thing that is not there any longer.
         */
        Gone: {
            /**
             * Deleted
             * @constant
             */
            deleted: true;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Reason
             * @description Of a file: `object_missing` where its content was lost; should it come back, the file is created again.
             */
            reason?: string | null;
            /**
             * Seq
             * @description Of a message: where it was.
             */
            seq?: number | null;
        };
        /**
         * GuestMergeRequest
         * @description Whom to take in.
         */
        GuestMergeRequest: {
            /**
             * Guest Token
             * @description The guest's last token. It may have expired, while it could be renewed.
             */
            guest_token: string;
        };
        /**
         * GuestToken
         * @description A guest's token and how long it lasts.
         */
        GuestToken: {
            /**
             * Expires At
             * Format: date-time
             * @description Then it has to be renewed.
             */
            expires_at: string;
            /**
             * Renewable Until
             * Format: date-time
             * @description Until when this token, expired or not, can be renewed. Each renewal moves it.
             */
            renewable_until: string;
            /**
             * Token
             * @description For `Authorization: Bearer`. Shown this once; keep it.
             */
            token: string;
            /**
             * Token Type
             * @constant
             */
            token_type: "Bearer";
            /**
             * User Id
             * @description Who the guest is: `guest:` and an id, which grants nothing.
             */
            user_id: string;
        };
        /**
         * Handoff
         * @description What the first device shows. It is shown once.
         */
        Handoff: {
            /**
             * Code
             * @description To be typed on the other device: two groups of letters and digits.
             */
            code: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Qr
             * @description The text of a QR code: the address of your app with the code behind the `#`, where the service knows it, else `session-api:handoff/` and the code.
             */
            qr: string;
        };
        /**
         * HandoffExchange
         * @description What the second device has.
         */
        HandoffExchange: {
            /**
             * Code
             * @description As it was typed: small letters, spaces and missing hyphens are fine.
             */
            code: string;
        };
        /**
         * Health
         * @description The process answers.
         */
        Health: {
            /**
             * Status
             * @default ok
             * @constant
             */
            status?: "ok";
        };
        /**
         * Hop
         * @description A leg of a mission.
         */
        Hop: {
            /** Data */
            data: {
                [key: string]: unknown;
            };
            /** Description */
            description: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Seq */
            seq: number;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "active" | "completed" | "failed" | "cancelled";
            /** Tool Steps */
            tool_steps: components["schemas"]["ToolStep"][];
        };
        /**
         * HopCreate
         * @description A leg of a mission, with its tool steps if they are known.
         */
        HopCreate: {
            /** Data */
            data?: {
                [key: string]: unknown;
            };
            /** Description */
            description?: string | null;
            /** Id */
            id?: string | null;
            /** Name */
            name: string;
            /**
             * Status
             * @default pending
             * @enum {string}
             */
            status?: "pending" | "active" | "completed" | "failed" | "cancelled";
            /** Tool Steps */
            tool_steps?: components["schemas"]["ToolStepCreate"][];
        };
        /**
         * HopPatch
         * @description What to change of a hop; `data` is merged.
         */
        HopPatch: {
            /** Data */
            data?: {
                [key: string]: unknown;
            } | null;
            /** Description */
            description?: string | null;
            /** Name */
            name?: string;
            /**
             * Status
             * @enum {string}
             */
            status?: "pending" | "active" | "completed" | "failed" | "cancelled";
        };
        /**
         * JoinRequest
         * @description What the fragment of a link's address holds.
         */
        JoinRequest: {
            /**
             * Token
             * @description As it was answered when the link was made.
             */
            token: string;
        };
        /**
         * LinkCreate
         * @description A link to make.
         */
        LinkCreate: {
            /**
             * Max Uses
             * @description How many people may join by it; 1 for one alone. Without it, any number that the session's limit of shares allows.
             */
            max_uses?: number | null;
        };
        /**
         * MergedGuest
         * @description What the account has now that was the guest's. A repeat answers the same.
         */
        MergedGuest: {
            /**
             * Assets
             * @description How many files, those still being uploaded included.
             */
            assets: number;
            /**
             * Missions
             * @description Linked to one of the sessions, or to none.
             */
            missions: string[];
            /** Sessions */
            sessions: string[];
        };
        /**
         * Message
         * @description A message of a chat.
         */
        Message: {
            /** Asset Ids */
            asset_ids: string[];
            /** Content */
            content: string | unknown[];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Edited At */
            edited_at: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
            /** Parent Id */
            parent_id: string | null;
            /**
             * Role
             * @enum {string}
             */
            role: "user" | "assistant" | "system" | "tool";
            /**
             * Seq
             * @description 1, 2, 3 … within the chat, never given twice.
             */
            seq: number;
            /**
             * Status
             * @enum {string}
             */
            status: "complete" | "in_progress" | "failed" | "cancelled";
        };
        /**
         * MessageBatch
         * @description Up to 100 messages, appended all or not at all.
         */
        MessageBatch: {
            /** Messages */
            messages: components["schemas"]["MessageCreate"][];
        };
        /**
         * MessageCreate
         * @description A message to append.
         */
        MessageCreate: {
            /**
             * Asset Ids
             * @description Attachments: assets of this session.
             */
            asset_ids?: string[];
            /**
             * Content
             * @description Text, or a list of JSON parts. It comes back exactly as it was sent.
             */
            content: string | unknown[];
            /**
             * Id
             * @description A client-made UUID v4 or v7; sending it again is safe.
             */
            id?: string | null;
            /** Metadata */
            metadata?: {
                [key: string]: unknown;
            };
            /**
             * Parent Id
             * @description The message this one answers, in the same chat.
             */
            parent_id?: string | null;
            /**
             * Role
             * @enum {string}
             */
            role: "user" | "assistant" | "system" | "tool";
            /**
             * Status
             * @description `in_progress` for an answer that is still being written.
             * @default complete
             * @enum {string}
             */
            status?: "complete" | "in_progress";
        };
        /**
         * MessageGrown
         * @description How far the message has come.
         */
        MessageGrown: {
            /**
             * Length
             * @description In code points: the next `offset`.
             */
            length: number;
            /** Version */
            version: number;
        };
        /**
         * MessageGrowth
         * @description More text of a message that is in progress.
         */
        MessageGrowth: {
            /**
             * Offset
             * @description The length in code points of the text so far, so that a repeat is safe.
             */
            offset: number;
            /** Text */
            text: string;
        };
        /**
         * MessagePage
         * @description Messages in the order of the chat.
         */
        MessagePage: {
            /**
             * Has More
             * @description Whether there is more in the direction that was read.
             */
            has_more: boolean;
            /** Items */
            items: components["schemas"]["Message"][];
            /**
             * Next After
             * @description `after` of the page of newer messages.
             */
            next_after: number | null;
            /**
             * Next Before
             * @description `before` of the page of older messages.
             */
            next_before: number | null;
        };
        /**
         * MessagePatch
         * @description What to change of a message; metadata is merged (RFC 7396), content replaced.
         */
        MessagePatch: {
            /** Content */
            content?: string | unknown[];
            /** Metadata */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /**
             * Status
             * @description Ends a message that is `in_progress`.
             * @enum {string}
             */
            status?: "complete" | "failed" | "cancelled";
        };
        /**
         * MessagesAppended
         * @description The messages as they stand, and the session's version.
         */
        MessagesAppended: {
            /** Messages */
            messages: components["schemas"]["Message"][];
            /** Version */
            version: number;
        };
        /**
         * Mission
         * @description A piece of work with its hops, in their order.
         */
        Mission: {
            /** Completed At */
            completed_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Data */
            data: {
                [key: string]: unknown;
            };
            /** Description */
            description: string | null;
            /** Hops */
            hops: components["schemas"]["Hop"][];
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Session Id */
            session_id: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "active" | "completed" | "failed" | "cancelled";
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * MissionCreate
         * @description A mission, with its hops and their tool steps if they are known.
         */
        MissionCreate: {
            /** Data */
            data?: {
                [key: string]: unknown;
            };
            /** Description */
            description?: string | null;
            /** Hops */
            hops?: components["schemas"]["HopCreate"][];
            /**
             * Id
             * @description A client-made UUID v4 or v7; sending it again is safe.
             */
            id?: string | null;
            /** Name */
            name: string;
            /**
             * Session Id
             * @description Links the mission to this session at once.
             */
            session_id?: string | null;
            /**
             * Status
             * @default pending
             * @enum {string}
             */
            status?: "pending" | "active" | "completed" | "failed" | "cancelled";
        };
        /**
         * MissionPage
         * @description Missions, newest first.
         */
        MissionPage: {
            /** Items */
            items: components["schemas"]["Mission"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * MissionPatch
         * @description What to change of a mission; `data` is merged.
         */
        MissionPatch: {
            /** Data */
            data?: {
                [key: string]: unknown;
            } | null;
            /** Description */
            description?: string | null;
            /** Name */
            name?: string;
            /**
             * Status
             * @enum {string}
             */
            status?: "pending" | "active" | "completed" | "failed" | "cancelled";
        };
        /**
         * PartPlan
         * @description How a large file is cut.
         */
        PartPlan: {
            /** Count */
            count: number;
            /**
             * Size
             * @description Bytes of each part but the last.
             */
            size: number;
        };
        /**
         * PartTicket
         * @description How to bring one part: its bytes are those from `offset` on.
         */
        PartTicket: {
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Headers */
            headers: {
                [key: string]: string;
            };
            /**
             * Method
             * @constant
             */
            method: "PUT";
            /** Number */
            number: number;
            /** Offset */
            offset: number;
            /** Size */
            size: number;
            /** Url */
            url: string;
        };
        /**
         * PartTickets
         * @description Tickets for the parts asked for, and what has arrived already.
         */
        PartTickets: {
            /** Parts */
            parts: components["schemas"]["PartTicket"][];
            /** Received */
            received: components["schemas"]["ReceivedPart"][];
        };
        /**
         * PartsRequest
         * @description The parts to bring next.
         */
        PartsRequest: {
            /**
             * Numbers
             * @description From 1. Empty only asks what has arrived.
             */
            numbers?: number[];
        };
        /**
         * ProblemDocument
         * @description Why a request was refused (RFC 9457).
         */
        ProblemDocument: {
            /**
             * Code
             * @description Stable, for programs.
             */
            code: string;
            /**
             * Detail
             * @description What happened this time, for a person.
             */
            detail: string;
            /**
             * Errors
             * @description With 422: each fault.
             * @default null
             */
            errors?: components["schemas"]["Fault"][] | null;
            /** Instance */
            instance: string;
            /** Request Id */
            request_id: string | null;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /**
             * Type
             * @description The page that explains it, `/problems/<code>`.
             */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Ready
         * @description What the service needs, part by part: `ok`, or what is wrong with it.
         */
        Ready: {
            /** Checks */
            checks: {
                [key: string]: string;
            };
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "unavailable";
        };
        /**
         * ReceivedPart
         * @description A part that has arrived whole.
         */
        ReceivedPart: {
            /** Number */
            number: number;
            /** Size */
            size: number;
        };
        /**
         * Recovery
         * @description A session to go on with, and how it came about.
         */
        Recovery: {
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "restored" | "resumed" | "fell_back" | "created";
            reset: components["schemas"]["Reset"] | null;
            session: components["schemas"]["Session"];
        };
        /**
         * Reset
         * @description Why the id that was sent was not used.
         */
        Reset: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "not_found" | "invalid_id" | "completed" | "archived";
        };
        /**
         * Session
         * @description A workspace. `chat`, `mission` and `assets` are there as far as they were asked for.
         */
        Session: {
            /** Abandoned At */
            abandoned_at: string | null;
            /**
             * Access
             * @description What whoever reads this may do: another's session may be shared with them.
             * @enum {string}
             */
            access: "owner" | "editor" | "viewer";
            /** Archived At */
            archived_at: string | null;
            /** Assets */
            assets?: components["schemas"]["Asset"][] | null;
            chat?: components["schemas"]["Chat"] | null;
            /**
             * Chat Id
             * Format: uuid
             */
            chat_id: string;
            /** Completed At */
            completed_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Damaged */
            damaged: components["schemas"]["DamagedPart"][];
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Last Activity At
             * Format: date-time
             */
            last_activity_at: string;
            mission?: components["schemas"]["Mission"] | null;
            /** Mission Id */
            mission_id: string | null;
            /** Name */
            name: string | null;
            /** Session Metadata */
            session_metadata: {
                [key: string]: unknown;
            } | null;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "completed" | "abandoned" | "archived";
            /** @description The agent that is working; none where `expires_at` is past. */
            turn: components["schemas"]["Turn"] | null;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * User Id
             * @description The `sub` of whose it is.
             */
            user_id: string;
            /**
             * Version
             * @description Grows with every change; ETag and sync cursor.
             */
            version: number;
        };
        /**
         * SessionCreate
         * @description A session to create. Everything may be left out.
         */
        SessionCreate: {
            /**
             * Id
             * @description A client-made UUID v4 or v7; sending it again is safe.
             */
            id?: string | null;
            /** Name */
            name?: string | null;
            /**
             * Session Metadata
             * @description Any JSON object of at most 64 KiB and depth 32; encrypted at rest.
             */
            session_metadata?: {
                [key: string]: unknown;
            };
        };
        /**
         * SessionPage
         * @description Sessions, latest activity first.
         */
        SessionPage: {
            /** Items */
            items: components["schemas"]["SessionSummary"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * SessionPatch
         * @description A merge patch (RFC 7396): metadata is merged key by key, null removes.
         */
        SessionPatch: {
            /** Name */
            name?: string | null;
            /** Session Metadata */
            session_metadata?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * SessionPut
         * @description The fields to replace; those left out stay.
         */
        SessionPut: {
            /** Name */
            name?: string | null;
            /**
             * Session Metadata
             * @description `{}` empties it.
             */
            session_metadata?: {
                [key: string]: unknown;
            };
        };
        /**
         * SessionRecover
         * @description What the client remembers, if anything.
         */
        SessionRecover: {
            /**
             * Name
             * @description The name of the session, should a new one be needed.
             */
            name?: string | null;
            /**
             * Session Id
             * @description The session id the client has stored. Whatever it is, the answer is a session to go on with; `reset` says why the id was not used.
             */
            session_id?: string | null;
        };
        /**
         * SessionSummary
         * @description A session in a list.
         */
        SessionSummary: {
            /** Abandoned At */
            abandoned_at: string | null;
            /**
             * Access
             * @description What whoever reads this may do: another's session may be shared with them.
             * @enum {string}
             */
            access: "owner" | "editor" | "viewer";
            /** Archived At */
            archived_at: string | null;
            /** Asset Count */
            asset_count: number;
            /**
             * Chat Id
             * Format: uuid
             */
            chat_id: string;
            /** Completed At */
            completed_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Damaged */
            damaged: components["schemas"]["DamagedPart"][];
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Last Activity At
             * Format: date-time
             */
            last_activity_at: string;
            /** Message Count */
            message_count: number;
            /** Mission Id */
            mission_id: string | null;
            /** Name */
            name: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "completed" | "abandoned" | "archived";
            /** @description The agent that is working; none where `expires_at` is past. */
            turn: components["schemas"]["Turn"] | null;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * User Id
             * @description The `sub` of whose it is.
             */
            user_id: string;
            /**
             * Version
             * @description Grows with every change; ETag and sync cursor.
             */
            version: number;
        };
        /**
         * Share
         * @description A way into a session that its owner granted.
         */
        Share: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** @description null for a person's. */
            link: components["schemas"]["ShareLink"] | null;
            /**
             * Link Id
             * @description The link that the person came through.
             */
            link_id: string | null;
            /**
             * Role
             * @enum {string}
             */
            role: "viewer" | "editor";
            /**
             * Session Id
             * Format: uuid
             */
            session_id: string;
            /**
             * User Id
             * @description Whose it is; null for a link.
             */
            user_id: string | null;
        };
        /**
         * ShareCreate
         * @description A share to make: exactly one of `user_id` and `link`.
         */
        ShareCreate: {
            /**
             * Expires At
             * @description From then on it grants nothing. Without it, until you end it.
             */
            expires_at?: string | null;
            /**
             * Id
             * @description A client-made UUID v4 or v7; sending it again is safe.
             */
            id?: string | null;
            /** @description For whoever is given the link. `{}` will do. */
            link?: components["schemas"]["LinkCreate"];
            /**
             * Role
             * @enum {string}
             */
            role: "viewer" | "editor";
            /**
             * User Id
             * @description The `sub` of the person, who has the same tenant and the same issuer as you. They need not have been here before.
             */
            user_id?: string;
        } & (unknown | unknown);
        /**
         * ShareCreated
         * @description A share that was just made, or made by the same request before.
         */
        ShareCreated: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** @description null for a person's. */
            link: components["schemas"]["ShareLink"] | null;
            /**
             * Link Id
             * @description The link that the person came through.
             */
            link_id: string | null;
            /**
             * Note
             * @description Why there is no token, in the answer to a repeat.
             */
            note: string | null;
            /**
             * Role
             * @enum {string}
             */
            role: "viewer" | "editor";
            /**
             * Session Id
             * Format: uuid
             */
            session_id: string;
            /**
             * Token
             * @description Of a link, for `POST /api/sessions/join`: shown this once, and kept nowhere.
             */
            token: string | null;
            /**
             * User Id
             * @description Whose it is; null for a link.
             */
            user_id: string | null;
        };
        /**
         * ShareLink
         * @description What is known of a link. Its token is not.
         */
        ShareLink: {
            /** Max Uses */
            max_uses: number | null;
            /**
             * Uses
             * @description How many have joined by it.
             */
            uses: number;
        };
        /**
         * ShareList
         * @description All shares of a session, oldest first.
         */
        ShareList: {
            /** Items */
            items: components["schemas"]["Share"][];
        };
        /**
         * SharePatch
         * @description A merge patch (RFC 7396) of a share.
         */
        SharePatch: {
            /**
             * Expires At
             * @description null: it no longer expires.
             */
            expires_at?: string | null;
            /**
             * Role
             * @enum {string}
             */
            role?: "viewer" | "editor";
        };
        /**
         * SharedSession
         * @description Another's session that is shared with you. `user_id` is whose it is, `access` your role.
         */
        SharedSession: {
            /** Abandoned At */
            abandoned_at: string | null;
            /**
             * Access
             * @description What whoever reads this may do: another's session may be shared with them.
             * @enum {string}
             */
            access: "owner" | "editor" | "viewer";
            /** Archived At */
            archived_at: string | null;
            /** Asset Count */
            asset_count: number;
            /**
             * Chat Id
             * Format: uuid
             */
            chat_id: string;
            /** Completed At */
            completed_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Damaged */
            damaged: components["schemas"]["DamagedPart"][];
            /**
             * Expires At
             * @description From then on you reach it no longer.
             */
            expires_at: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Last Activity At
             * Format: date-time
             */
            last_activity_at: string;
            /** Message Count */
            message_count: number;
            /** Mission Id */
            mission_id: string | null;
            /** Name */
            name: string | null;
            /**
             * Share Id
             * Format: uuid
             */
            share_id: string;
            /**
             * Shared At
             * Format: date-time
             */
            shared_at: string;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "completed" | "abandoned" | "archived";
            /** @description The agent that is working; none where `expires_at` is past. */
            turn: components["schemas"]["Turn"] | null;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * User Id
             * @description The `sub` of whose it is.
             */
            user_id: string;
            /**
             * Version
             * @description Grows with every change; ETag and sync cursor.
             */
            version: number;
        };
        /**
         * SharedSessionPage
         * @description Others' sessions, the latest shared first.
         */
        SharedSessionPage: {
            /** Items */
            items: components["schemas"]["SharedSession"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * TenantAuditEvent
         * @description The same, with whose trail it stands in. `user_id` is null where nobody's row is left or
         *     ever was: `owner_id` then tells people apart.
         */
        TenantAuditEvent: {
            /** Actor */
            actor: string;
            /** Address */
            address: string | null;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Data */
            data: {
                [key: string]: unknown;
            };
            /** Event */
            event: string;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Owner Id
             * Format: uuid
             */
            owner_id: string;
            /** Request Id */
            request_id: string | null;
            /** Session Id */
            session_id: string | null;
            /**
             * Severity
             * @enum {string}
             */
            severity: "info" | "notice" | "warning" | "critical";
            /** User Agent */
            user_agent: string | null;
            /** User Id */
            user_id: string | null;
        };
        /**
         * TenantAuditPage
         * @description Audit events of a tenant, newest first.
         */
        TenantAuditPage: {
            /** Items */
            items: components["schemas"]["TenantAuditEvent"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * TokenRevoke
         * @description Which token to revoke. Without `jti`, the one that the request came with.
         */
        TokenRevoke: {
            /** Jti */
            jti?: string;
        };
        /**
         * ToolStep
         * @description A call of a tool within a hop.
         */
        ToolStep: {
            /** Error */
            error: string | null;
            /** Finished At */
            finished_at: string | null;
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Input */
            input: unknown;
            /** Name */
            name: string;
            /** Output */
            output: unknown;
            /** Seq */
            seq: number;
            /** Started At */
            started_at: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "active" | "completed" | "failed" | "cancelled";
        };
        /**
         * ToolStepCreate
         * @description A call of a tool.
         */
        ToolStepCreate: {
            /** Error */
            error?: string | null;
            /** Id */
            id?: string | null;
            /**
             * Input
             * @description Any JSON of at most 256 KiB.
             */
            input?: unknown;
            /** Name */
            name: string;
            /** Output */
            output?: unknown;
            /**
             * Status
             * @default pending
             * @enum {string}
             */
            status?: "pending" | "active" | "completed" | "failed" | "cancelled";
        };
        /**
         * ToolStepPatch
         * @description What to change of a tool step; `input` and `output` are merged where both are objects.
         */
        ToolStepPatch: {
            /** Error */
            error?: string | null;
            /** Input */
            input?: unknown;
            /** Name */
            name?: string;
            /** Output */
            output?: unknown;
            /**
             * Status
             * @enum {string}
             */
            status?: "pending" | "active" | "completed" | "failed" | "cancelled";
        };
        /**
         * Turn
         * @description Who writes as the agent of a session. Once `expires_at` is past, nobody does.
         */
        Turn: {
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Holder */
            holder: string | null;
            /**
             * Number
             * @description Grows with each turn; what `Session-Turn` names.
             */
            number: number;
            /**
             * User Id
             * @description The `sub` of whoever took it.
             */
            user_id: string;
        };
        /**
         * TurnRenew
         * @description How long the turn is to last from now on.
         */
        TurnRenew: {
            /**
             * Ttl Seconds
             * @default 30
             */
            ttl_seconds?: number;
        };
        /**
         * TurnTake
         * @description A turn to take. Everything may be left out.
         */
        TurnTake: {
            /**
             * Holder
             * @description A name to show, such as that of the run or the agent.
             */
            holder?: string | null;
            /**
             * Id
             * @description A client-made UUID v4 or v7: sending it again answers the turn that was got.
             */
            id?: string | null;
            /**
             * Ttl Seconds
             * @description How long it lasts unless it is renewed.
             * @default 30
             */
            ttl_seconds?: number;
        };
        /**
         * UploadTicket
         * @description A request that brings the bytes, without a token, until it expires.
         */
        UploadTicket: {
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Fields
             * @description When there: send a multipart form of these, and the file last, as `file`.
             */
            fields: {
                [key: string]: string;
            } | null;
            /**
             * Headers
             * @description To be sent exactly so.
             */
            headers: {
                [key: string]: string;
            };
            /**
             * Method
             * @enum {string}
             */
            method: "PUT" | "POST";
            /** @description When there: the file comes in parts, and `url` is where their tickets are. */
            parts: components["schemas"]["PartPlan"] | null;
            /** Url */
            url: string;
        };
        /**
         * UserSignOut
         * @description Whom to sign out.
         */
        UserSignOut: {
            /**
             * User Id
             * @description The `sub` of their tokens.
             */
            user_id: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_tenant_audit_events: {
        parameters: {
            query?: {
                /** @description Only this event. */
                event?: string;
                /** @description Only of this severity. */
                severity?: "info" | "notice" | "warning" | "critical";
                /** @description Only of this session. */
                session_id?: string;
                /** @description Only what they did, or `system:` and a job. */
                actor?: string;
                /** @description Only in the trail of this user, whoever did it. */
                user_id?: string;
                /** @description At or after this time. */
                since?: string;
                /** @description Before this time. */
                until?: string;
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantAuditPage"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    sign_out_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserSignOut"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_audit_events: {
        parameters: {
            query?: {
                /** @description Only this event. */
                event?: string;
                /** @description Only of this severity. */
                severity?: "info" | "notice" | "warning" | "critical";
                /** @description Only of this session. */
                session_id?: string;
                /** @description At or after this time. */
                since?: string;
                /** @description Before this time. */
                until?: string;
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    begin_guest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GuestToken"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `guests_disabled`: this service has no guests; `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TokenRevoke"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    sign_out_everywhere: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_devices: {
        parameters: {
            query?: never;
            header?: {
                /** @description The client's own name for this device, the same for as long as it lasts, such as a UUID that the browser made. Every route takes it. */
                "x-device-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceList"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `device_not_found`: there is no such device */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_missions: {
        parameters: {
            query?: {
                /** @description May repeat: any of these. */
                status?: ("pending" | "active" | "completed" | "failed" | "cancelled")[];
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MissionPage"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    create_mission: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MissionCreate"];
            };
        };
        responses: {
            /** @description A repeat: the mission as it now is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mission"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mission"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `id_conflict`: this id was already used for something else; `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `mission_already_linked`: the session or the mission already has another partner */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_mission: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                mission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mission"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_mission: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    update_mission: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MissionPatch"];
                "application/merge-patch+json": components["schemas"]["MissionPatch"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mission"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `invalid_transition`: that change of status is not allowed */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    add_hop: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HopCreate"];
            };
        };
        responses: {
            /** @description A repeat: the hop as it now is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hop"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hop"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `id_conflict`: this id was already used for something else */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_hop: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
                hop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission; `hop_not_found`: there is no such hop */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    update_hop: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
                hop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HopPatch"];
                "application/merge-patch+json": components["schemas"]["HopPatch"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hop"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission; `hop_not_found`: there is no such hop */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `invalid_transition`: that change of status is not allowed */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    add_tool_step: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
                hop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToolStepCreate"];
            };
        };
        responses: {
            /** @description A repeat: the tool step as it now is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToolStep"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToolStep"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission; `hop_not_found`: there is no such hop */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `id_conflict`: this id was already used for something else */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_tool_step: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
                hop_id: string;
                step_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission; `hop_not_found`: there is no such hop; `tool_step_not_found`: there is no such tool step */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    update_tool_step: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                mission_id: string;
                hop_id: string;
                step_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToolStepPatch"];
                "application/merge-patch+json": components["schemas"]["ToolStepPatch"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToolStep"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `mission_not_found`: there is no such mission; `hop_not_found`: there is no such hop; `tool_step_not_found`: there is no such tool step */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `invalid_transition`: that change of status is not allowed */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: {
                /** @description May repeat: any of these. */
                status?: ("active" | "completed" | "abandoned" | "archived")[];
                /** @description Part of the name. */
                q?: string;
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionPage"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    create_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SessionCreate"] | null;
            };
        };
        responses: {
            /** @description A repeat: the session as it now is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `id_conflict`: this id was already used for something else */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_active_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description There is no active session. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    exchange_handoff: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HandoffExchange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `handoff_code_invalid`: this code opens nothing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    join_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedSession"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `account_needed`: this is for people with an account; `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `share_link_not_found`: there is no such link, or no longer */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `already_reached`: the person reaches a session of this id already; `too_many_shares`: the session has as many shares as it may */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    merge_guest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GuestMergeRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MergedGuest"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `account_needed`: this is for people with an account; `guest_token_invalid`: this is no token of a guest who could be merged; `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `guest_merged`: the guest was merged into another account; `id_conflict`: this id was already used for something else */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    recover_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SessionRecover"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recovery"];
                };
            };
            /** @description A new session was created. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recovery"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_shared_sessions: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedSessionPage"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    leave_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: {
                /** @description What comes along, comma-separated: `chat`, `mission`, `assets`. Empty means none. */
                include?: string;
                /** @description How many of the latest messages. */
                messages?: number;
            };
            header?: {
                /** @description The version you have, as `"7"`: 304 if it is still the present one. */
                "if-none-match"?: string;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The version in `If-None-Match` is still the present one. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    update_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionPut"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    merge_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionPatch"];
                "application/merge-patch+json": components["schemas"]["SessionPatch"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `metadata_unreadable`: the stored metadata can't be read, so nothing can be merged into it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    touch_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    archive_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_transition`: that change of status is not allowed; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_assets: {
        parameters: {
            query?: {
                scope?: "session" | "mission" | "hop";
                /** @description Of this mission only. */
                mission_id?: string;
                /** @description Of this hop only. */
                hop_id?: string;
                status?: "pending" | "ready";
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssetPage"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    announce_asset: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssetCreate"];
            };
        };
        responses: {
            /** @description A repeat: the asset and a fresh ticket. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssetAnnounced"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssetAnnounced"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `mission_not_found`: there is no such mission; `hop_not_found`: there is no such hop */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `id_conflict`: this id was already used for something else; `quota_exceeded`: there is no room for this file */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `storage_unavailable`: the store for files can't be reached; `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    upload_asset: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** Format: binary */
                    file: string;
                    /** Format: uuid */
                    hop_id?: string;
                    /** Format: uuid */
                    mission_id?: string;
                };
            };
        };
        responses: {
            /** @description A repeat: the asset as it is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `mission_not_found`: there is no such mission; `hop_not_found`: there is no such hop */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `id_conflict`: this id was already used for something else; `quota_exceeded`: there is no room for this file; `upload_mismatch`: what arrived is not the file that was announced */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `storage_unavailable`: the store for files can't be reached; `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `asset_not_found`: there is no such asset */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_asset: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `asset_not_found`: there is no such asset */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    complete_asset: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `asset_not_found`: there is no such asset */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `upload_incomplete`: the file has not arrived yet, or not all of it; `upload_mismatch`: what arrived is not the file that was announced */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `storage_unavailable`: the store for files can't be reached; `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_asset_content: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To a link that is good for a few minutes and needs no token. */
            307: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `asset_not_found`: there is no such asset */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `storage_unavailable`: the store for files can't be reached; `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_asset_parts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                asset_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PartsRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartTickets"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `asset_not_found`: there is no such asset */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `upload_incomplete`: the file has not arrived yet, or not all of it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `storage_unavailable`: the store for files can't be reached; `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_changes: {
        parameters: {
            query?: {
                /** @description The version that you have. */
                since?: number;
                /** @description At most so many; fewer where they are large. */
                limit?: number;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Changes"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `changes_gone`: what changed since that version is no longer kept */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    complete_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_transition`: that change of status is not allowed; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    follow_session: {
        parameters: {
            query?: {
                /** @description The version that you have. */
                since?: number;
            };
            header?: {
                /** @description The id of the last event that came, which is a version: the stream goes on behind it. Counts before `since`. */
                "last-event-id"?: string;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events for as long as it lasts. The last one, `end`, says why. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description `token_in_url`: a token does not belong into an address */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `changes_gone`: what changed since that version is no longer kept */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `too_many_streams`: you have too many streams open */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    create_handoff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Handoff"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    link_mission: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
                mission_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `mission_not_found`: there is no such mission */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `mission_already_linked`: the session or the mission already has another partner */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_messages: {
        parameters: {
            query?: {
                before?: number;
                after?: number;
                limit?: number;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagePage"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    append_messages: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessageCreate"] | components["schemas"]["MessageBatch"];
            };
        };
        responses: {
            /** @description A repeat: the messages as they are. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagesAppended"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagesAppended"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `turn_in_progress`: somebody else has the turn; `id_conflict`: this id was already used for something else */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `message_not_found`: there is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `message_not_found`: there is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    update_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessagePatch"];
                "application/merge-patch+json": components["schemas"]["MessagePatch"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `message_not_found`: there is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `turn_in_progress`: somebody else has the turn; `message_not_in_progress`: the message is no longer being written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    append_to_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessageGrowth"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageGrown"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `message_not_found`: there is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written; `turn_in_progress`: somebody else has the turn; `message_not_in_progress`: the message is no longer being written; `offset_mismatch`: the text does not continue at that offset */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    resume_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version you have seen, as `"7"`. The write is refused with 412 when what it would overwrite has changed since. */
                "if-match"?: string;
                /** @description The number of the turn that this is written under. Refused with 409 when that turn is over. */
                "Session-Turn"?: number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_transition`: that change of status is not allowed; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `version_mismatch`: this was changed since you last saw it */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    list_shares: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareList"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    create_share: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareCreate"];
            };
        };
        responses: {
            /** @description A repeat: the share as it now is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareCreated"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareCreated"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `account_needed`: this is for people with an account; `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `id_conflict`: this id was already used for something else; `expires_in_the_past`: the share would have expired already; `already_reached`: the person reaches a session of this id already; `too_many_shares`: the session has as many shares as it may */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    delete_share: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                share_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `share_not_found`: there is no such share */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    update_share: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                share_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SharePatch"];
                "application/merge-patch+json": components["schemas"]["SharePatch"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Share"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session; `share_not_found`: there is no such share */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `expires_in_the_past`: the share would have expired already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_turn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Turn"];
                };
            };
            /** @description Nobody has it. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    renew_turn: {
        parameters: {
            query?: never;
            header: {
                /** @description The number of the turn. */
                "Session-Turn": number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TurnRenew"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Turn"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_lost`: this turn is over, and nothing was written */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    take_turn: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUID that is taken as the id of what is created, where the body has none. Sending the same request again is then safe. */
                "idempotency-key"?: string;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TurnTake"] | null;
            };
        };
        responses: {
            /** @description A repeat: the turn that was got. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Turn"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Turn"];
                };
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_active`: the session is not active; `turn_in_progress`: somebody else has the turn; `turn_lost`: this turn is over, and nothing was written; `id_conflict`: this id was already used for something else */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `payload_too_large`: the request body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: this route takes another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    release_turn: {
        parameters: {
            query?: never;
            header: {
                /** @description The number of the turn. */
                "Session-Turn": number;
            };
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    stop_turn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `token_missing`: a bearer token is needed; `token_invalid`: the bearer token is not valid; `token_expired`: the bearer token has expired; `token_revoked`: the bearer token was revoked; `reauthentication_required`: signing in again is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `insufficient_scope`: the token does not allow this; `insufficient_access`: your share in this session does not allow this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `session_not_found`: there is no such session */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `validation_failed`: the request is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal_error`: something went wrong here */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: the database can't be reached; `identity_unavailable`: the identity provider's keys can't be had, so the token can't be checked */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    get_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    get_readiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Something it needs is missing. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
        };
    };
}
