using System.Diagnostics;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Requests;

/// <summary>Waits for what the mount does after the system call has returned.</summary>
public static class Eventually
{
    /// <summary>Waits until the condition holds; fails the test when it does not within <paramref name="seconds"/>.</summary>
    public static async Task TrueAsync(Func<bool> condition, double seconds = 20)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started).TotalSeconds > seconds)
                Assert.Fail($"did not come true within {seconds} s");
            await Task.Delay(20);
        }
    }
}
