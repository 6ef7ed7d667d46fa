"""The private names of kombu and celery that the transport relies on. A release that changes one fails here first."""

import inspect
from importlib.metadata import version

import pytest
from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool as PreforkPool
from celery.worker import state
from celery.worker.consumer import Consumer
from kombu.connection import Connection
from kombu.transport import redis, virtual


def parameters(function):
    return list(inspect.signature(function).parameters)


def test_celery_and_kombu_are_the_versions_the_transport_was_read_against():
    assert (version("celery"), version("kombu")) == ("5.7.0", "5.7.0")


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [
        (redis.Channel, "_brpop_start", ["self", "timeout"]),
        (redis.Channel, "_brpop_read", ["self", "options"]),
        (redis.Channel, "_put", ["self", "queue", "message", "kwargs"]),
        (redis.Channel, "_get", ["self", "queue"]),
        (redis.Channel, "_q_for_pri", ["self", "queue", "pri"]),
        (redis.Channel, "_connparams", ["self", "asynchronous"]),
        (redis.Channel, "_create_client", ["self", "asynchronous"]),
        (redis.Channel, "_disconnect_pools", ["self"]),
        (redis.Channel, "_flush_brpop_reauth", ["self"]),
        (redis.Channel, "conn_or_acquire", ["self", "client"]),
        (redis.QoS, "append", ["self", "message", "delivery_tag"]),
        (redis.QoS, "ack", ["self", "delivery_tag"]),
        (redis.QoS, "reject", ["self", "delivery_tag", "requeue"]),
        (redis.QoS, "restore_by_tag", ["self", "tag", "client", "leftmost"]),
        (redis.QoS, "restore_visible", ["self", "start", "num", "interval"]),
        (virtual.Channel, "basic_consume", ["self", "queue", "no_ack", "callback", "consumer_tag", "kwargs"]),
        (virtual.Transport, "_deliver", ["self", "message", "queue"]),
        (Consumer, "ensure_connected", ["self", "conn"]),
        (Consumer, "register_with_event_loop", ["self", "hub"]),
        (Consumer, "on_send_event_buffered", ["self"]),
        (Consumer, "_flush_events", ["self"]),
        (Consumer, "shutdown", ["self"]),
        (AsynPool, "maintain_pool", ["self"]),
        (AsynPool, "on_grow", ["self", "n"]),
        (AsynPool, "on_job_ready", ["self", "job", "i", "obj", "inqW_fd"]),
        (AsynPool, "_track_child_process", ["self", "proc", "hub"]),
        (PreforkPool, "on_start", ["self"]),
    ],
)
def test_a_private_name_keeps_its_parameters(owner, name, expected):
    assert expected == parameters(getattr(owner, name))


def test_the_poller_calls_the_two_overridden_methods():
    assert "channel._brpop_start()" in inspect.getsource(redis.MultiChannelPoller._register_BRPOP)
    assert "self._brpop_read" in inspect.getsource(redis.Channel.__init__)
    assert "channel._in_poll" in inspect.getsource(redis.MultiChannelPoller.on_poll_start) + inspect.getsource(
        redis.MultiChannelPoller._register_BRPOP
    )


def test_the_window_is_counted_from_delivered_and_dirty():
    source = inspect.getsource(virtual.QoS.can_consume)
    assert "len(self._delivered) - len(self._dirty)" in source


def test_the_first_reconnect_wait_can_be_given():
    expected = {"interval_start", "interval_step", "interval_max"}
    assert expected <= set(parameters(Connection._ensure_connection))


def test_active_requests_keep_a_plain_set_inside():
    assert isinstance(state.active_requests.data, set)
