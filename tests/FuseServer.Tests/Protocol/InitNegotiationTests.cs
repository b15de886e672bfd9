using FuseServer.Protocol;
using Xunit;

namespace FuseServer.Tests.Protocol;

public sealed class InitNegotiationTests
{
    // What Linux offers (fs/fuse/inode.c, fuse_new_init): 5.10, 5.16 and 6.18.
    private const ulong Offer31 = 0x0FFF_FFFB & ~(1UL << 9);
    private const ulong Offer36 = 0x7FFF_FFFB | (3UL << 32);
    private const ulong Offer45 = 0x7FFF_FFFB | (0x3FFUL << 32);

    [Theory]
    [InlineData(31, Offer31, false, false, false, false)]
    [InlineData(36, Offer36, true, false, true, false)]
    [InlineData(45, Offer45, true, true, true, true)]
    public void What_the_kernel_lacks_is_left_out(
        uint minor, ulong offered, bool killPrivileges, bool mappedDirectIo, bool noFlush, bool parallelDirectWrites)
    {
        (InitOut answer, FuseConnectionInfo info) = Negotiate(minor, offered, new FuseOptions());

        ulong agreed = answer.Flags | ((ulong)answer.Flags2 << 32);
        Assert.Equal(0UL, agreed & ~offered);
        Assert.True(info.WritebackCache);
        Assert.True(info.ParallelDirectoryOperations);
        Assert.Equal(killPrivileges, info.HandleKillPrivileges);
        Assert.Equal(mappedDirectIo, info.DirectIoAllowsSharedMappings);
        Assert.Equal(noFlush, info.NoFlushOnOpen);
        Assert.Equal(parallelDirectWrites, info.ParallelDirectWrites);
        Assert.Equal(Math.Min(minor, InitNegotiation.Minor), answer.Minor);
        Assert.Equal(minor, info.Minor);
        Assert.Equal(1u << 20, answer.MaxWrite);
        Assert.Equal(256, answer.MaxPages);
    }

    [Fact]
    public void Locks_and_other_unwanted_features_are_never_taken()
    {
        FuseOptions everything = new() { CacheSymbolicLinks = true, ReadDirectory = ReadDirectoryMode.WithAttributes };
        (InitOut answer, _) = Negotiate(45, ulong.MaxValue, everything);

        InitFlags agreed = (InitFlags)(answer.Flags | ((ulong)answer.Flags2 << 32));
        Assert.Equal(InitFlags.None, agreed & (InitFlags.PosixLocks | InitFlags.FlockLocks | InitFlags.ExportSupport | InitFlags.DontMask
            | InitFlags.AutoInvalidateData | InitFlags.PosixAcl | InitFlags.Passthrough | InitFlags.SetXattrExtended));
        Assert.NotEqual(InitFlags.None, agreed & InitFlags.CacheSymbolicLinks);
        Assert.Equal(InitFlags.DoReadDirPlus, agreed & (InitFlags.DoReadDirPlus | InitFlags.ReadDirPlusAuto));
    }

    [Fact]
    public void The_second_word_of_flags_counts_only_when_it_is_announced()
    {
        (InitOut answer, FuseConnectionInfo info) = Negotiate(45, Offer45 & ~(ulong)InitFlags.InitExtended, new FuseOptions());
        Assert.Equal(0u, answer.Flags2);
        Assert.False(info.DirectIoAllowsSharedMappings);
    }

    [Fact]
    public void Without_max_pages_requests_have_32_pages()
    {
        (InitOut answer, FuseConnectionInfo info) = Negotiate(31, Offer31 & ~(ulong)InitFlags.MaxPages, new FuseOptions());
        Assert.Equal(32u * 4096, answer.MaxWrite);
        Assert.Equal(32 * 4096, info.MaxWriteBytes);
    }

    [Fact]
    public void Options_switch_features_off_and_bound_sizes()
    {
        FuseOptions options = new()
        {
            WritebackCache = false,
            ParallelDirectoryOperations = false,
            AtomicOpenTruncate = false,
            HandleKillPrivileges = false,
            DirectIoAllowsSharedMappings = false,
            ReadDirectory = ReadDirectoryMode.NamesOnly,
            MaxRequestBytes = 64 << 10,
            MaxReadAheadBytes = 4096,
            MaxBackground = 1,
        };
        (InitOut answer, FuseConnectionInfo info) = Negotiate(45, Offer45, options);
        Assert.False(info.WritebackCache || info.ParallelDirectoryOperations || info.AtomicOpenTruncate || info.HandleKillPrivileges
            || info.DirectIoAllowsSharedMappings || info.ReadDirectoryWithAttributes);
        Assert.Equal(64u << 10, answer.MaxWrite);
        Assert.Equal(16, answer.MaxPages);
        Assert.Equal(4096u, answer.MaxReadAhead);
        Assert.Equal(1, answer.MaxBackground);
        Assert.Equal(1, answer.CongestionThreshold);
    }

    private static (InitOut Answer, FuseConnectionInfo Info) Negotiate(uint minor, ulong offered, FuseOptions options)
    {
        InitIn offer = new() { Major = 7, Minor = minor, MaxReadAhead = 128 << 10, Flags = (uint)offered, Flags2 = (uint)(offered >> 32) };
        return InitNegotiation.Negotiate(offer, options, 4096);
    }
}
