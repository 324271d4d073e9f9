"""Lines of waiting requests: bounded, fair between senders, closed when what waits was taken."""

import threading

from yibao.interfaces.server.lanes import Lane


def taken(lane, count):
    return [lane.take()[1] for _ in range(count)]


class TestTurns:
    def test_one_sender_is_served_in_the_order_of_coming(self):
        lane = Lane(most=9, most_of_one=9)
        assert all(lane.offer("a", number) for number in range(3))
        assert taken(lane, 3) == [0, 1, 2]

    def test_a_flood_delays_another_by_one(self):
        lane = Lane(most=99, most_of_one=99)
        for number in range(50):
            lane.offer("flood", number)
        lane.offer("quiet", "mine")
        assert taken(lane, 2) == [0, "mine"]

    def test_three_lines_are_served_in_turn(self):
        lane = Lane(most=99, most_of_one=99)
        for job in ("a1", "a2", "a3", "b1", "b2", "c1"):
            lane.offer(job[0], job)
        assert taken(lane, 6) == ["a1", "b1", "c1", "a2", "b2", "a3"]


class TestBounds:
    def test_of_one_sender_and_of_all(self):
        lane = Lane(most=3, most_of_one=2)
        assert [lane.offer(sender, 0) for sender in ("a", "a", "a", "b", "b", "c")] == [
            True,
            True,
            False,
            True,
            False,
            False,
        ]

    def test_count_what_was_taken_until_it_is_done(self):
        lane = Lane(most=1, most_of_one=1)
        lane.offer("a", 1)
        sender, _ = lane.take()
        assert not lane.offer("b", 2)
        lane.done(sender)
        assert lane.offer("b", 2)

    def test_are_free_again_after_everything_was_done(self):
        lane = Lane(most=4, most_of_one=2)
        for _ in range(3):
            assert [lane.offer(sender, 1) for sender in ("a", "b", "a", "a")] == [True, True, True, False]
            for _ in range(3):
                lane.done(lane.take()[0])


class TestClosing:
    def test_lets_takers_go_after_what_waited(self):
        lane = Lane(most=9, most_of_one=9)
        lane.offer("a", 1)
        lane.close(takers=2)
        assert [lane.take(), lane.take(), lane.take()] == [("a", 1), None, None]

    def test_many_threads_lose_and_double_nothing(self):
        lane, seen, lock = Lane(most=10_000, most_of_one=10_000), [], threading.Lock()

        def work():
            while (job := lane.take()) is not None:
                lane.done(job[0])
                with lock:
                    seen.append(job[1])

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for number in range(2_000):
            assert lane.offer(number % 7, number)
        lane.close(takers=4)
        for worker in workers:
            worker.join(20)
        assert sorted(seen) == list(range(2_000))
