using FuseServer.Abi;
using Xunit;

namespace FuseServer.Tests;

/// <summary>Sizes and offsets that a C compiler gives for the structures of linux/fuse.h on a 64-bit Linux.</summary>
public unsafe class AbiTests
{
    [Fact]
    public void Structures_have_the_sizes_of_the_kernel()
    {
        Assert.Equal(40, sizeof(InHeader));
        Assert.Equal(16, sizeof(OutHeader));
        Assert.Equal(64, sizeof(InitOut));
        Assert.Equal(88, sizeof(FuseAttributes));
        Assert.Equal(128, sizeof(EntryOut));
        Assert.Equal(104, sizeof(AttrOut));
        Assert.Equal(16, sizeof(OpenOut));
        Assert.Equal(144, sizeof(CreateOut));
        Assert.Equal(16, sizeof(GetAttrIn));
        Assert.Equal(88, sizeof(SetAttrIn));
        Assert.Equal(16, sizeof(MkNodIn));
        Assert.Equal(8, sizeof(MkDirIn));
        Assert.Equal(16, sizeof(Rename2In));
        Assert.Equal(8, sizeof(OpenIn));
        Assert.Equal(16, sizeof(CreateIn));
        Assert.Equal(24, sizeof(ReleaseIn));
        Assert.Equal(24, sizeof(FlushIn));
        Assert.Equal(40, sizeof(ReadWriteIn));
        Assert.Equal(8, sizeof(SizeOut));
        Assert.Equal(16, sizeof(FSyncIn));
        Assert.Equal(8, sizeof(SetXAttrIn));
        Assert.Equal(8, sizeof(GetXAttrIn));
        Assert.Equal(8, sizeof(AccessIn));
        Assert.Equal(32, sizeof(FAllocateIn));
        Assert.Equal(24, sizeof(LSeekIn));
        Assert.Equal(16, sizeof(ForgetOne));
        Assert.Equal(8, sizeof(BatchForgetIn));
        Assert.Equal(24, sizeof(DirEnt));
        Assert.Equal(80, sizeof(FuseFileSystemStatistics));
        Assert.Equal(24, sizeof(NotifyInvalidateInodeOut));
        Assert.Equal(16, sizeof(NotifyInvalidateEntryOut));
        Assert.Equal(24, sizeof(NotifyDeleteOut));
    }

    [Fact]
    public void Fields_lie_where_the_kernel_looks_for_them()
    {
        InitOut init = default;
        byte* start = (byte*)&init;
        Assert.Equal(12, (byte*)&init.Flags - start);
        Assert.Equal(16, (byte*)&init.MaxBackground - start);
        Assert.Equal(20, (byte*)&init.MaxWrite - start);
        Assert.Equal(28, (byte*)&init.MaxPages - start);
        Assert.Equal(32, (byte*)&init.Flags2 - start);
        Assert.Equal(36, (byte*)&init.MaxStackDepth - start);

        FuseAttributes attributes = default;
        start = (byte*)&attributes;
        Assert.Equal(48, (byte*)&attributes.AccessTimeNanoseconds - start);
        Assert.Equal(60, (byte*)&attributes.Mode - start);
        Assert.Equal(80, (byte*)&attributes.BlockSize - start);

        SetAttrIn set = default;
        start = (byte*)&set;
        Assert.Equal(16, (byte*)&set.Size - start);
        Assert.Equal(68, (byte*)&set.Mode - start);
        Assert.Equal(76, (byte*)&set.UserId - start);
    }
}
