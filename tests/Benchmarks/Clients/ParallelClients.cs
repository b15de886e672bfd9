using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace OrthancCloudFs.Benchmarks.Clients;

/// <summary>Threads that work through a list together, as Orthanc's HTTP threads do.</summary>
internal static class ParallelClients
{
    /// <summary>Starts so many threads at one moment; returns the time in which all items were done.</summary>
    /// <param name="clients">Threads; each blocks in its own system calls.</param>
    /// <param name="items">What is done once each, by whoever is free.</param>
    /// <param name="work">Called with the client's number and the item.</param>
    public static TimeSpan Run<T>(int clients, IReadOnlyList<T> items, Action<int, T> work)
    {
        int next = -1;
        Exception? failure = null;
        using var start = new Barrier(clients + 1);
        var threads = new Thread[clients];
        for (int i = 0; i < clients; i++)
        {
            int client = i;
            threads[i] = new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    int item;
                    while ((item = Interlocked.Increment(ref next)) < items.Count && Volatile.Read(ref failure) is null)
                        work(client, items[item]);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref failure, e, null);
                }
            });
            threads[i].Start();
        }

        start.SignalAndWait();
        long began = Stopwatch.GetTimestamp();
        foreach (Thread thread in threads)
            thread.Join();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        return elapsed;
    }
}
