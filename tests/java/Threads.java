// SPDX-License-Identifier: BSD-2-Clause
// Threads of the Java virtual machine at work: pools, monitors, parking, timers, a collector under
// pressure, child processes, sockets. Every line printed is the same on each run.
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;

public class Threads {
    private static int counted;

    private static synchronized void count() {
        counted++;
    }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(16);
        List<Future<Integer>> parts = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            final int part = i;
            parts.add(pool.submit(() -> {
                for (int n = 0; n < 2000; n++)
                    count();
                return part;
            }));
        }
        int sum = 0;
        for (Future<Integer> part : parts)
            sum += part.get();
        System.out.println("pool " + sum + " monitor " + counted);

        CyclicBarrier barrier = new CyclicBarrier(8);
        LongAdder rounds = new LongAdder();
        CountDownLatch done = new CountDownLatch(8);
        for (int i = 0; i < 8; i++)
            new Thread(() -> {
                try {
                    for (int n = 0; n < 100; n++) {
                        barrier.await();
                        rounds.increment();
                    }
                } catch (Exception e) {
                    System.out.println(e);
                }
                done.countDown();
            }).start();
        done.await();
        System.out.println("barrier " + rounds.sum());

        SynchronousQueue<Integer> hand = new SynchronousQueue<>();
        pool.submit(() -> {
            for (int i = 1; i <= 500; i++)
                hand.put(i);
            return null;
        });
        long got = 0;
        for (int i = 0; i < 500; i++)
            got += hand.take();
        System.out.println("hand to hand " + got);

        Object lock = new Object();
        boolean[] go = {false};
        AtomicInteger awake = new AtomicInteger();
        List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            Thread t = new Thread(() -> {
                synchronized (lock) {
                    while (!go[0])
                        try {
                            lock.wait();
                        } catch (InterruptedException e) {
                            return;
                        }
                }
                awake.incrementAndGet();
            });
            t.start();
            waiters.add(t);
        }
        synchronized (lock) {
            go[0] = true;
            lock.notifyAll();
        }
        for (Thread t : waiters)
            t.join();
        System.out.println("notifyAll " + awake);

        Thread sleeper = new Thread(() -> {
            try {
                Thread.sleep(60000);
                System.out.println("slept");
            } catch (InterruptedException e) {
                System.out.println("interrupted");
            }
        });
        sleeper.start();
        sleeper.interrupt();
        sleeper.join();

        ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
        CountDownLatch ticks = new CountDownLatch(10);
        long start = System.nanoTime();
        timer.scheduleAtFixedRate(ticks::countDown, 10, 10, TimeUnit.MILLISECONDS);
        ticks.await();
        System.out.println("ten ticks of 10 ms take 100 ms: " + (System.nanoTime() - start >= 95_000_000));
        timer.shutdownNow();

        ConcurrentHashMap<Integer, byte[]> kept = new ConcurrentHashMap<>();
        LongStream.range(0, 40000).parallel().forEach(n -> kept.put((int) (n % 97), new byte[4096]));
        System.gc();
        System.out.println("garbage " + kept.size());

        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Future<Integer> read = pool.submit(() -> {
                try (Socket s = server.accept(); InputStream in = s.getInputStream()) {
                    return in.readAllBytes().length;
                }
            });
            try (Socket s = new Socket(server.getInetAddress(), server.getLocalPort())) {
                s.getOutputStream().write(new byte[100000]);
            }
            System.out.println("socket " + read.get());
        }

        Process child = new ProcessBuilder("sh", "-c", "read x; echo \"$x\"; exit 7").start();
        child.getOutputStream().write("a line\n".getBytes());
        child.getOutputStream().close();
        String line = new String(child.getInputStream().readAllBytes()).trim();
        System.out.println("child '" + line + "' " + child.waitFor());

        try {
            Object none = args.length > 100 ? args : null;
            none.hashCode();
        } catch (NullPointerException e) {
            System.out.println("null pointer");
        }
        pool.shutdown();
        System.out.println("ended " + pool.awaitTermination(10, TimeUnit.SECONDS));
    }
}
