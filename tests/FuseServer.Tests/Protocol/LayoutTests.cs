using System.Runtime.InteropServices;
using FuseServer.Protocol;
using Xunit;

namespace FuseServer.Tests.Protocol;

/// <summary>Sizes and offsets as a C compiler gives them for linux/fuse.h.</summary>
public sealed class LayoutTests
{
    [Fact]
    public unsafe void Sizes_are_those_of_linux_fuse_h()
    {
        Assert.Equal(40, sizeof(InHeader));
        Assert.Equal(16, sizeof(OutHeader));
        Assert.Equal(64, sizeof(InitIn));
        Assert.Equal(64, sizeof(InitOut));
        Assert.Equal(88, sizeof(FuseAttributes));
        Assert.Equal(80, sizeof(FuseFileSystemStatistics));
        Assert.Equal(128, sizeof(EntryOut));
        Assert.Equal(104, sizeof(AttrOut));
        Assert.Equal(16, sizeof(OpenOut));
        Assert.Equal(144, sizeof(CreateOut));
        Assert.Equal(8, sizeof(WriteOut));
        Assert.Equal(8, sizeof(GetXattrOut));
        Assert.Equal(8, sizeof(LSeekOut));
        Assert.Equal(24, sizeof(DirectoryEntry));
        Assert.Equal(8, sizeof(ForgetIn));
        Assert.Equal(16, sizeof(ForgetOne));
        Assert.Equal(8, sizeof(BatchForgetIn));
        Assert.Equal(16, sizeof(GetAttrIn));
        Assert.Equal(88, sizeof(SetAttrIn));
        Assert.Equal(16, sizeof(MkNodIn));
        Assert.Equal(8, sizeof(MkDirIn));
        Assert.Equal(8, sizeof(RenameIn));
        Assert.Equal(16, sizeof(Rename2In));
        Assert.Equal(8, sizeof(LinkIn));
        Assert.Equal(8, sizeof(OpenIn));
        Assert.Equal(16, sizeof(CreateIn));
        Assert.Equal(24, sizeof(ReleaseIn));
        Assert.Equal(24, sizeof(FlushIn));
        Assert.Equal(40, sizeof(ReadWriteIn));
        Assert.Equal(16, sizeof(FsyncIn));
        Assert.Equal(8, sizeof(SetXattrIn));
        Assert.Equal(8, sizeof(GetXattrIn));
        Assert.Equal(8, sizeof(AccessIn));
        Assert.Equal(8, sizeof(InterruptIn));
        Assert.Equal(32, sizeof(FallocateIn));
        Assert.Equal(24, sizeof(LSeekIn));
        Assert.Equal(24, sizeof(NotifyInvalidateInode));
        Assert.Equal(16, sizeof(NotifyInvalidateEntry));
        Assert.Equal(24, sizeof(NotifyDelete));
    }

    [Theory]
    [InlineData(typeof(InHeader), nameof(InHeader.Unique), 8)]
    [InlineData(typeof(InHeader), nameof(InHeader.ProcessId), 32)]
    [InlineData(typeof(InHeader), nameof(InHeader.ExtensionLength), 36)]
    [InlineData(typeof(InitOut), nameof(InitOut.MaxBackground), 16)]
    [InlineData(typeof(InitOut), nameof(InitOut.MaxWrite), 20)]
    [InlineData(typeof(InitOut), nameof(InitOut.MaxPages), 28)]
    [InlineData(typeof(InitOut), nameof(InitOut.Flags2), 32)]
    [InlineData(typeof(InitOut), nameof(InitOut.MaxStackDepth), 36)]
    [InlineData(typeof(FuseAttributes), nameof(FuseAttributes.AccessTimeNanoseconds), 48)]
    [InlineData(typeof(FuseAttributes), nameof(FuseAttributes.Mode), 60)]
    [InlineData(typeof(FuseAttributes), nameof(FuseAttributes.BlockSize), 80)]
    [InlineData(typeof(SetAttrIn), nameof(SetAttrIn.AccessTime), 32)]
    [InlineData(typeof(SetAttrIn), nameof(SetAttrIn.Mode), 68)]
    [InlineData(typeof(SetAttrIn), nameof(SetAttrIn.UserId), 76)]
    [InlineData(typeof(EntryOut), nameof(EntryOut.EntryValidNanoseconds), 32)]
    [InlineData(typeof(EntryOut), nameof(EntryOut.Attributes), 40)]
    [InlineData(typeof(ReadWriteIn), nameof(ReadWriteIn.LockOwner), 24)]
    [InlineData(typeof(ReadWriteIn), nameof(ReadWriteIn.Flags), 32)]
    public void Offsets_are_those_of_linux_fuse_h(Type type, string field, int offset) =>
        Assert.Equal(offset, Marshal.OffsetOf(type, field));

    [Theory]
    [InlineData(0, 0UL, 0U)]
    [InlineData(-1, 0UL, 0U)]
    [InlineData(15_000_001, 1UL, 500_000_100U)]
    public void Cache_times_are_split_into_seconds_and_nanoseconds(long ticks, ulong seconds, uint nanoseconds) =>
        Assert.Equal((seconds, nanoseconds), CacheTime.Split(new TimeSpan(ticks)));
}
