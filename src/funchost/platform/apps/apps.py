"""Apps: everything that can be done with function apps and their slots on a server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from funchost.deploy.build.job import BuildLimits
from funchost.deploy.pythons.versions import DEFAULT_FUNCTIONS_VERSION
from funchost.deploy.pythons.versions import functions_version as one_spelling
from funchost.errors import FuncHostError, RefusedError
from funchost.http.keys import KeyStore
from funchost.platform.apps import app_settings, site_rules
from funchost.platform.apps.app_settings import EXTENSION_VERSION
from funchost.platform.apps.creation import check_fixed, new_site
from funchost.platform.apps.credentials import PublishingCredentials, new_password, publishing_user
from funchost.platform.apps.deployment_run import Workshop
from funchost.platform.apps.deployments import Deployments
from funchost.platform.apps.exchange import Exchange
from funchost.platform.apps.rollout import Rollout, is_served
from funchost.platform.apps.site_life import SiteLife
from funchost.platform.apps.site_ports import PortRange, SitePorts
from funchost.platform.apps.surroundings import Surroundings
from funchost.platform.apps.turns import Turns
from funchost.platform.connection_string import ConnectionString, plain, with_values
from funchost.platform.data_directory import DataDirectory
from funchost.platform.keys import key_store
from funchost.platform.registry.registry import Registry
from funchost.platform.registry.site_record import SiteRecord
from funchost.platform.registry.transaction import Transaction
from funchost.platform.site import CorsRules, FunctionInfo, ScaleLimits, Site, SiteName, site_name

__all__ = ["Apps", "Surroundings"]

T = TypeVar("T")


BUILDS_AT_ONCE = 4
"""Builds of different apps; others wait their turn, so that they do not take memory and time from apps that run."""


class Apps:
    """All sites of a server. Changes of one site happen one after the other, those of different sites side by side.

    A change that was begun is brought to its end, also when its caller goes away.

    Args:
        registry: open.
        data: see DataDirectory.
        around: see Surroundings.
        kept_versions: see Deployments.
        ports: that sites may get.
        build_limits: see BuildLimits.
    """

    def __init__(
        self,
        registry: Registry,
        data: DataDirectory,
        around: Surroundings,
        *,
        kept_versions: int,
        ports: PortRange | None = None,
        build_limits: BuildLimits | None = None,
    ) -> None:
        self._registry = registry
        self._data = data
        self._around = around
        self._turns = Turns()
        self._rollout = Rollout(registry, around.fleet, around.storage, around.logs)
        site_ports = SitePorts(around.gateway, ports or PortRange())
        self._life = SiteLife(data, registry, around.fleet, around.storage, around.logs, site_ports)
        self._exchange = Exchange(registry, around.fleet, self._rollout)
        self._keys: dict[SiteName, tuple[bytes, KeyStore]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.deployments = Deployments(
            Workshop(
                data=data,
                registry=registry,
                rollout=self._rollout,
                turns=self._turns,
                pythons=around.pythons,
                build=around.build,
                builds=asyncio.Semaphore(BUILDS_AT_ONCE),
                limits=build_limits or BuildLimits(),
                urls=around.urls,
                note=around.logs.note,
            ),
            kept_versions=kept_versions,
        )

    async def start_all(self) -> None:
        """Settle what the last server has left, and have all sites served; no instance is needed for that yet."""
        await self._life.clear_leftovers()
        await self.deployments.recover()
        for record in await self._registry.change(lambda registry: registry.sites()):
            try:
                await self._rollout.resume(await self._life.open_port(record))
            except FuncHostError as error:
                self._around.logs.note(record.name, f"The app could not be brought up: {error.text}")
                continue  # it alone: the others are served
            if record.site.running and not record.problem and not is_served(record):
                self._spawn(self._catch_up(record.name))

    async def close(self) -> None:
        """End deployments, and bring other changes to their end; instances are the fleet's matter."""
        await self.deployments.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def create(
        self,
        name: SiteName,
        *,
        python: str | None = None,
        functions_version: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Site:
        """Make an app or a slot. It serves nothing before its first deployment.

        Args:
            name: a slot runs on the Python of its app.
            python: e.g. ``3.11``; None = the newest of this machine that the functions version takes.
            functions_version: ``2``, ``3`` or ``4``; None = as the settings say, else 4.
            settings: beside, or in place of, those that every site gets.

        Raises:
            RefusedError: the name is reserved, a setting or the pair of versions is not possible, this machine lacks
                that Python (400), there is no such app (404), or the name is taken (409).
        """
        name = site_name(*name)
        given = dict(settings or {})
        app_settings.check(given)
        app_settings.check_runtime(given)
        return await self._whole(self._create(name, python, functions_version, given))

    async def sites(self) -> Sequence[Site]:
        """Return all sites by name; an app comes before its slots."""
        return [record.site for record in await self._registry.change(lambda registry: registry.sites())]

    async def site(self, name: SiteName) -> Site:
        """Raises: RefusedError: there is none (404)."""
        return (await self._record(name)).site

    async def delete(self, name: SiteName) -> None:
        """Remove a site with its storage account, keys, logs and versions; an app takes its slots with it.

        Raises:
            RefusedError: there is none (404).
        """
        await self._whole(self._delete(name))

    async def start(self, name: SiteName) -> None:
        """Have a site serve; one that runs is left alone.

        Raises:
            RefusedError: there is no such site (404).
        """
        await self._whole(self._start(name))

    async def stop(self, name: SiteName) -> None:
        """Answer requests to a site with 403 and take no more messages; what runs is brought to its end.

        Raises:
            RefusedError: there is no such site (404).
        """
        await self._whole(self._stop(name))

    async def restart(self, name: SiteName) -> None:
        """Replace the instances of a site; no request is lost.

        Raises:
            RefusedError: there is no such site (404), it is stopped (409), or its app does not load (422): then what
                ran goes on.
        """
        await self._whole(self._restart(name))

    async def settings(self, name: SiteName) -> Mapping[str, str]:
        """Raises: RefusedError: there is no such site (404)."""
        return self._rollout.settings(await self._record(name))

    async def set_settings(self, name: SiteName, settings: Mapping[str, str]) -> None:
        """Set all app settings of a site and have it run with them; no request is lost.

        An app that does not load with them keeps running with those from before; `problem` tells why then.

        Args:
            settings: all of them; those that are not named are removed.

        Raises:
            RefusedError: a name or value is not possible (400), or there is no such site (404). Nothing is changed.
        """
        app_settings.check(settings)
        app_settings.check_runtime(settings)

        def change(record: SiteRecord) -> SiteRecord:
            kept = app_settings.kept(settings, self._rollout.connection(record))
            version = one_spelling(settings.get(EXTENSION_VERSION, record.site.functions_version))
            if version != record.site.functions_version:
                self._around.pythons.check_pair(version, record.site.python)
            return replace(record, settings=kept, site=replace(record.site, functions_version=version))

        await self._change(name, change)

    async def connection_strings(self, name: SiteName) -> Mapping[str, ConnectionString]:
        """Raises: RefusedError: there is no such site (404)."""
        record = await self._record(name)
        values = app_settings.resolved(plain(record.connection_strings), self._rollout.connection(record))
        return with_values(record.connection_strings, values)

    async def set_connection_strings(self, name: SiteName, strings: Mapping[str, ConnectionString]) -> None:
        """Set all connection strings of a site; see set_settings."""
        values = plain(strings)
        app_settings.check(values, "connection string")

        def change(record: SiteRecord) -> SiteRecord:
            kept = app_settings.kept(values, self._rollout.connection(record))
            return replace(record, connection_strings=with_values(strings, kept))

        await self._change(name, change)

    async def problem(self, name: SiteName) -> str:
        """Return why what was set last does not serve, empty if it does.

        Raises:
            RefusedError: there is no such site (404).
        """
        return (await self._record(name)).problem

    async def sticky(self, app: SiteName) -> tuple[str, ...]:
        """Return the settings of an app and its slots that stay in a swap; connection strings with their prefix.

        Raises:
            RefusedError: there is no such app (404).
        """
        return (await self._record(SiteName(app.app))).sticky

    async def set_sticky(self, app: SiteName, names: Sequence[str]) -> None:
        """Set which settings stay in a swap.

        Raises:
            RefusedError: a name is not possible (400), or there is no such app (404).
        """
        chosen = site_rules.sticky_names(names)
        await self._change(SiteName(app.app), lambda record: replace(record, sticky=chosen), apply=False)

    async def set_cors(self, name: SiteName, rules: CorsRules) -> None:
        """Set which web pages may call a site; see set_settings.

        Raises:
            RefusedError: an origin is none (400), or there is no such site (404).
        """
        checked = site_rules.cors(rules)
        await self._change(name, lambda record: replace(record, site=replace(record.site, cors=checked)))

    async def set_scale(self, name: SiteName, limits: ScaleLimits) -> None:
        """Set how many instances a site has; those that run stay.

        Raises:
            RefusedError: the numbers make no sense (400), or there is no such site (404).
        """
        site_rules.check_scale(limits)
        await self._change(name, lambda record: replace(record, site=replace(record.site, scale=limits)), apply=False)
        self._around.fleet.set_limits(name, limits)

    async def set_memory_limit(self, name: SiteName, limit: int | None) -> None:
        """Set how many bytes an instance of a site may use, None = no limit; see set_settings.

        Raises:
            RefusedError: it is too little to run anything (400), or there is no such site (404).
        """
        site_rules.check_memory_limit(limit)
        await self._change(name, lambda record: replace(record, site=replace(record.site, memory_limit=limit)))

    async def swap(self, app: SiteName, source: str | None, target: str | None) -> None:
        """Exchange the versions of two slots with the settings that are not sticky; no request is lost.

        Args:
            app: whose.
            source: slot, None or ``production`` = the app itself.
            target: likewise.

        Raises:
            RefusedError: both are the same or neither has a version (400), there is no such site (404), or one of
                them would not load: then nothing is changed.
        """
        one, other = site_name(app.app, source), site_name(app.app, target)
        await self._whole(self._swap(one, other))

    async def functions(self, name: SiteName) -> Sequence[FunctionInfo]:
        """Return the functions of the version that serves, also while no instance of it runs.

        Raises:
            RefusedError: there is no such site (404).
        """
        record = await self._record(name)
        report = self._rollout.report(record)
        return record.functions if report is None else report.functions

    async def errors(self, name: SiteName) -> tuple[str, ...]:
        """Return what is wrong with a site: functions that do not run, and why changes do not serve.

        Raises:
            RefusedError: there is no such site (404).
        """
        record = await self._record(name)
        report = self._rollout.report(record)
        return (*(report.errors if report is not None else ()), *((record.problem,) if record.problem else ()))

    async def keys(self, name: SiteName) -> KeyStore:
        """Return the function and system keys of a site.

        Raises:
            RefusedError: there is no such site (404).
        """
        record = await self._record(name)
        known = self._keys.get(name)
        if known is None or known[0] != record.keys_secret:
            known = record.keys_secret, key_store(self._data, name, record.keys_secret, self._around.log)
            self._keys[name] = known
        return known[1]

    async def credentials(self, name: SiteName) -> PublishingCredentials:
        """Raises: RefusedError: there is no such site (404)."""
        return PublishingCredentials(publishing_user(name), (await self._record(name)).password)

    async def reset_credentials(self, name: SiteName) -> None:
        """Give a site a new publishing password; the old one is worth nothing from now on.

        Raises:
            RefusedError: there is no such site (404).
        """
        await self._change(name, lambda record: replace(record, password=new_password()), apply=False)

    async def connection_string(self, name: SiteName) -> str | None:
        """Return the connection string of the site's own storage account.

        Raises:
            RefusedError: there is no such site (404).
        """
        return self._rollout.connection(await self._record(name)) or None

    async def verify_token(self, text: str) -> bool:
        """Return whether `text` is a token that may manage the server."""
        return self._registry.verify_token(text)

    async def _create(
        self,
        name: SiteName,
        python: str | None,
        functions_version: str | None,
        given: Mapping[str, str],
    ) -> Site:
        app = SiteName(name.app)
        async with self._turns.of(app, name, SiteName(name.label)):
            record_of_app = None if name.slot is None else await self._record(app)
            if record_of_app is not None:
                check_fixed(record_of_app.site, python, functions_version or given.get(EXTENSION_VERSION))
                chosen, runtime = record_of_app.site.python, record_of_app.site.functions_version
            else:
                chosen, runtime = await self._versions(python, functions_version or given.get(EXTENSION_VERSION))
            settings = app_settings.initial(given, runtime)

            def make(key: str, port: int | None) -> SiteRecord:
                own = self._around.storage.connection_string(name, key)
                return new_site(
                    name,
                    python=chosen,
                    functions_version=runtime,
                    settings=app_settings.kept(settings, own),
                    storage_key=key,
                    created=time.time(),
                    port=port,
                )

            return (await self._life.create(name, make)).site

    async def _versions(self, python: str | None, functions_version: str | None) -> tuple[str, str]:
        pythons = self._around.pythons
        runtime = one_spelling(functions_version or DEFAULT_FUNCTIONS_VERSION)
        if python is None:
            return (await pythons.default(runtime)).minor, runtime
        pythons.check_pair(runtime, python)
        return (await pythons.find(python)).minor, runtime

    async def _delete(self, name: SiteName) -> None:
        await self._record(name)
        # Its deployment may have its turn, or be about to: deleting does not wait for what is in vain.
        await self.deployments.cancel(name)
        async with self._turns.of(name, SiteName(name.label)):
            await self._record(name)
            if name.slot is None:
                for site in await self.sites():
                    if site.name.app == name.app and site.name.slot is not None:
                        await self._delete(site.name)
            await self.deployments.cancel(name)
            await self._life.remove(name)
            await self.deployments.cancel(name)
            self._keys.pop(name, None)
        await self.deployments.sweep()

    async def _start(self, name: SiteName) -> None:
        async with self._turns.of(name):
            record = await self._record(name)
            if record.site.running:
                return
            running = replace(record, site=replace(record.site, running=True))
            await self._registry.change(lambda registry: registry.put(running))
            self._around.fleet.register(running.site)
            await self._rollout.apply(await self._rollout.adopt(running))

    async def _stop(self, name: SiteName) -> None:
        async with self._turns.of(name):
            record = await self._record(name)
            if record.site.running:
                stopped = replace(record, site=replace(record.site, running=False), problem="")  # its start tries anew
                await self._registry.change(lambda registry: registry.put(stopped))
            await self._rollout.retire(name)

    async def _catch_up(self, name: SiteName) -> None:
        """Bring a change to its end during which the last server ended."""
        async with self._turns.of(name):
            record = await self._registry.change(lambda registry: registry.find(name))
            if record is not None:
                await self._rollout.apply(record)

    async def _restart(self, name: SiteName) -> None:
        async with self._turns.of(name):
            record = await self._record(name)
            if not record.site.running:
                raise RefusedError("Conflict", f"{name} is stopped.", 409, hint="Start it instead.")
            if record.site.version is not None:
                await self._rollout.commit(await self._rollout.prepare(record))

    async def _swap(self, one: SiteName, other: SiteName) -> None:
        async with self._turns.of(one, other, SiteName(one.app)):
            await self._exchange.swap(one, other)

    async def _record(self, name: SiteName) -> SiteRecord:
        return await self._registry.change(lambda registry: registry.site(name))

    async def _change(self, name: SiteName, change: Callable[[SiteRecord], SiteRecord], *, apply: bool = True) -> None:
        """Change what is remembered of a site, and have it served.

        Args:
            apply: False = instances have nothing to do with it.
        """
        await self._whole(self._changed(name, change, apply))

    async def _changed(self, name: SiteName, change: Callable[[SiteRecord], SiteRecord], apply: bool) -> None:
        def work(registry: Transaction) -> SiteRecord:
            before = registry.site(name)
            after = change(before)
            return before if after == before else registry.put(after)

        async with self._turns.of(name):
            record = await self._registry.change(work)
            if apply:
                await self._rollout.apply(record)

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Have work done to its end, also when the caller is cancelled."""
        return await asyncio.shield(self._spawn(work))

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
