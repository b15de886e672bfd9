using OrthancCloudFs.Attachments.Staging;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Staging;

public sealed class InputGateTests
{
    private const int Page = StagingMemory.PageSize;

    [Fact]
    public async Task Small_ones_go_side_by_side_and_a_large_one_waits_its_turn()
    {
        using var gate = new InputGate(10 * Page);
        IDisposable first = await gate.EnterAsync(4 * Page, default);
        IDisposable second = await gate.EnterAsync(4 * Page, default);
        Task<IDisposable> large = gate.EnterAsync(7 * Page, default).AsTask();
        Task<IDisposable> behind = gate.EnterAsync(1, default).AsTask();
        Assert.False(large.IsCompleted);

        first.Dispose();
        second.Dispose();

        (await large).Dispose();
        (await behind).Dispose();
    }

    [Fact]
    public async Task One_larger_than_the_bound_goes_alone()
    {
        using var gate = new InputGate(2 * Page);
        IDisposable huge = await gate.EnterAsync(1L << 40, default);
        Task<IDisposable> next = gate.EnterAsync(1, default).AsTask();
        Assert.False(next.IsCompleted);

        huge.Dispose();

        (await next).Dispose();
    }

    [Fact]
    public async Task Whoever_gives_up_takes_no_turn()
    {
        using var gate = new InputGate(Page);
        IDisposable first = await gate.EnterAsync(Page, default);
        using var impatient = new CancellationTokenSource();
        Task<IDisposable> given = gate.EnterAsync(Page, impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);

        first.Dispose();

        (await gate.EnterAsync(Page, default)).Dispose();
    }
}
