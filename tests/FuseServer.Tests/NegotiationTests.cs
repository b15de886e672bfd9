using FuseServer.Abi;
using FuseServer.Session;
using Xunit;

namespace FuseServer.Tests;

public class NegotiationTests
{
    private const uint WritebackCache = 1 << 16;
    private const uint MaxPages = 1 << 22;
    private const uint PosixLocks = 1 << 1;
    private const uint FlockLocks = 1 << 10;
    private const uint InitExtended = 1 << 30;
    private const uint DirectIoAllowMmap = 1 << 4; // bit 36

    [Fact]
    public void A_new_kernel_gets_everything_that_is_wanted_and_nothing_else()
    {
        (InitOut answer, FuseConnectionInfo info) = Answer(45, flags: uint.MaxValue, flags2: uint.MaxValue);
        Assert.Equal(45u, answer.Minor);
        Assert.True(info.WritebackCache);
        Assert.True(info.DirectIoAllowsSharedMappings);
        Assert.True(info.NoFlushOnOpen);
        Assert.Equal(256, answer.MaxPages);
        Assert.Equal(1u << 20, answer.MaxWrite);
        Assert.Equal(DirectIoAllowMmap, answer.Flags2);
        Assert.Equal(0u, answer.Flags & (PosixLocks | FlockLocks));
        Assert.Equal(0u, answer.MaxStackDepth);
    }

    [Fact]
    public void Kernel_5_10_is_served_without_what_it_lacks()
    {
        (InitOut answer, FuseConnectionInfo info) = Answer(31, flags: WritebackCache | MaxPages | 1, flags2: uint.MaxValue);
        Assert.Equal(31u, answer.Minor);
        Assert.True(info.WritebackCache);
        Assert.False(info.DirectIoAllowsSharedMappings);
        Assert.False(info.NoFlushOnOpen);
        Assert.Equal(WritebackCache | MaxPages | 1, answer.Flags);
        Assert.Equal(0u, answer.Flags2);
    }

    [Fact]
    public void The_second_flags_count_only_when_the_kernel_says_so()
    {
        (InitOut answer, FuseConnectionInfo _) = Answer(36, flags: InitExtended, flags2: DirectIoAllowMmap);
        Assert.Equal(DirectIoAllowMmap, answer.Flags2);
        (answer, FuseConnectionInfo _) = Answer(36, flags: 0, flags2: DirectIoAllowMmap);
        Assert.Equal(0u, answer.Flags2);
    }

    [Fact]
    public void A_kernel_from_the_future_is_answered_with_what_is_known()
    {
        Assert.Equal(45u, Answer(99, uint.MaxValue, uint.MaxValue).Answer.Minor);
    }

    [Fact]
    public void Without_many_pages_none_are_claimed()
    {
        Assert.Equal(0, Answer(31, flags: 0, flags2: 0).Answer.MaxPages);
    }

    [Fact]
    public void The_writeback_cache_can_be_left_out()
    {
        var offer = new InitIn { Major = 7, Minor = 45, Flags = uint.MaxValue };
        (InitOut answer, FuseConnectionInfo info) = Negotiation.Answer(offer, new FuseOptions { WritebackCache = false });
        Assert.False(info.WritebackCache);
        Assert.Equal(0u, answer.Flags & WritebackCache);
    }

    [Theory]
    [InlineData(7, 30)]
    [InlineData(6, 45)]
    [InlineData(8, 0)]
    public void Other_kernels_are_refused(uint major, uint minor)
    {
        FuseMountException e = Assert.Throws<FuseMountException>(
            () => Negotiation.Answer(new InitIn { Major = major, Minor = minor }, new FuseOptions()));
        Assert.Contains("5.10", e.Message, StringComparison.Ordinal);
    }

    private static (InitOut Answer, FuseConnectionInfo Info) Answer(uint minor, uint flags, uint flags2) =>
        Negotiation.Answer(new InitIn { Major = 7, Minor = minor, Flags = flags, Flags2 = flags2, MaxReadAhead = 131072 }, new FuseOptions());
}
