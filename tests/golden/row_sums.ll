define void @kernel(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to) {
entry:
  %s9 = alloca i64
  %s15 = alloca <4 x i32>
  %s18 = alloca <4 x i32>
  %s19 = alloca <4 x i32>
  %s20 = alloca <4 x i32>
  %s21 = alloca <4 x i32>
  %s22 = alloca <4 x i32>
  %s23 = alloca <4 x i32>
  %s24 = alloca <4 x i32>
  %s25 = alloca <4 x i32>
  %s29 = alloca i64
  %s75 = alloca i64
  %v1 = getelementptr i64, ptr %args, i64 0
  %v2 = load ptr, ptr %v1
  %v3 = getelementptr i64, ptr %args, i64 1
  %v4 = load ptr, ptr %v3
  %v5 = getelementptr i64, ptr %args, i64 2
  %v6 = load i64, ptr %v5
  %v7 = getelementptr i64, ptr %args, i64 3
  %v8 = load i64, ptr %v7
  store i64 %first, ptr %s9
  br label %head10
head10:
  %v13 = load i64, ptr %s9
  %v14 = icmp slt i64 %v13, %last
  br i1 %v14, label %body11, label %end12
body11:
  store <4 x i32> splat (i32 0), ptr %s15
  %v16 = mul i64 %v13, %v8
  %v17 = getelementptr i32, ptr %v2, i64 %v16
  store <4 x i32> splat (i32 0), ptr %s18
  store <4 x i32> splat (i32 0), ptr %s19
  store <4 x i32> splat (i32 0), ptr %s20
  store <4 x i32> splat (i32 0), ptr %s21
  store <4 x i32> splat (i32 0), ptr %s22
  store <4 x i32> splat (i32 0), ptr %s23
  store <4 x i32> splat (i32 0), ptr %s24
  store <4 x i32> splat (i32 0), ptr %s25
  %v26 = sub i64 %v8, 0
  %v27 = srem i64 %v26, 32
  %v28 = sub i64 %v8, %v27
  store i64 0, ptr %s29
  br label %head30
head30:
  %v33 = load i64, ptr %s29
  %v34 = icmp slt i64 %v33, %v28
  br i1 %v34, label %body31, label %end32
body31:
  %v35 = add i64 %v33, 4
  %v36 = add i64 %v33, 8
  %v37 = add i64 %v33, 12
  %v38 = add i64 %v33, 16
  %v39 = add i64 %v33, 20
  %v40 = add i64 %v33, 24
  %v41 = add i64 %v33, 28
  %v42 = getelementptr i32, ptr %v17, i64 %v33
  %v43 = load <4 x i32>, ptr %v42, align 1
  %v44 = load <4 x i32>, ptr %s18
  %v45 = add <4 x i32> %v44, %v43
  store <4 x i32> %v45, ptr %s18
  %v46 = getelementptr i32, ptr %v17, i64 %v35
  %v47 = load <4 x i32>, ptr %v46, align 1
  %v48 = load <4 x i32>, ptr %s19
  %v49 = add <4 x i32> %v48, %v47
  store <4 x i32> %v49, ptr %s19
  %v50 = getelementptr i32, ptr %v17, i64 %v36
  %v51 = load <4 x i32>, ptr %v50, align 1
  %v52 = load <4 x i32>, ptr %s20
  %v53 = add <4 x i32> %v52, %v51
  store <4 x i32> %v53, ptr %s20
  %v54 = getelementptr i32, ptr %v17, i64 %v37
  %v55 = load <4 x i32>, ptr %v54, align 1
  %v56 = load <4 x i32>, ptr %s21
  %v57 = add <4 x i32> %v56, %v55
  store <4 x i32> %v57, ptr %s21
  %v58 = getelementptr i32, ptr %v17, i64 %v38
  %v59 = load <4 x i32>, ptr %v58, align 1
  %v60 = load <4 x i32>, ptr %s22
  %v61 = add <4 x i32> %v60, %v59
  store <4 x i32> %v61, ptr %s22
  %v62 = getelementptr i32, ptr %v17, i64 %v39
  %v63 = load <4 x i32>, ptr %v62, align 1
  %v64 = load <4 x i32>, ptr %s23
  %v65 = add <4 x i32> %v64, %v63
  store <4 x i32> %v65, ptr %s23
  %v66 = getelementptr i32, ptr %v17, i64 %v40
  %v67 = load <4 x i32>, ptr %v66, align 1
  %v68 = load <4 x i32>, ptr %s24
  %v69 = add <4 x i32> %v68, %v67
  store <4 x i32> %v69, ptr %s24
  %v70 = getelementptr i32, ptr %v17, i64 %v41
  %v71 = load <4 x i32>, ptr %v70, align 1
  %v72 = load <4 x i32>, ptr %s25
  %v73 = add <4 x i32> %v72, %v71
  store <4 x i32> %v73, ptr %s25
  %v74 = add i64 %v33, 32
  store i64 %v74, ptr %s29
  br label %head30
end32:
  store i64 %v28, ptr %s75
  br label %head76
head76:
  %v79 = load i64, ptr %s75
  %v80 = icmp slt i64 %v79, %v8
  br i1 %v80, label %body77, label %end78
body77:
  %v81 = sub i64 %v8, %v79
  %v82 = trunc i64 %v81 to i32
  %v83 = insertelement <4 x i32> poison, i32 %v82, i32 0
  %v84 = shufflevector <4 x i32> %v83, <4 x i32> poison, <4 x i32> zeroinitializer
  %v85 = icmp slt <4 x i32> <i32 0, i32 1, i32 2, i32 3>, %v84
  %v86 = getelementptr i32, ptr %v17, i64 %v79
  %v87 = call <4 x i32> @llvm.masked.load.v4i32.p0(ptr %v86, i32 1, <4 x i1> %v85, <4 x i32> zeroinitializer)
  %v88 = select <4 x i1> %v85, <4 x i32> %v87, <4 x i32> splat (i32 0)
  %v89 = load <4 x i32>, ptr %s18
  %v90 = add <4 x i32> %v89, %v88
  store <4 x i32> %v90, ptr %s18
  %v91 = add i64 %v79, 4
  store i64 %v91, ptr %s75
  br label %head76
end78:
  %v92 = load <4 x i32>, ptr %s18
  %v93 = load <4 x i32>, ptr %s19
  %v94 = load <4 x i32>, ptr %s20
  %v95 = load <4 x i32>, ptr %s21
  %v96 = load <4 x i32>, ptr %s22
  %v97 = load <4 x i32>, ptr %s23
  %v98 = load <4 x i32>, ptr %s24
  %v99 = load <4 x i32>, ptr %s25
  %v100 = add <4 x i32> %v92, %v96
  %v101 = add <4 x i32> %v93, %v97
  %v102 = add <4 x i32> %v94, %v98
  %v103 = add <4 x i32> %v95, %v99
  %v104 = add <4 x i32> %v100, %v102
  %v105 = add <4 x i32> %v101, %v103
  %v106 = add <4 x i32> %v104, %v105
  %v107 = load <4 x i32>, ptr %s15
  %v108 = add <4 x i32> %v107, %v106
  store <4 x i32> %v108, ptr %s15
  %v109 = load <4 x i32>, ptr %s15
  %v110 = shufflevector <4 x i32> %v109, <4 x i32> poison, <4 x i32> <i32 2, i32 3, i32 0, i32 1>
  %v111 = add <4 x i32> %v109, %v110
  %v112 = shufflevector <4 x i32> %v111, <4 x i32> poison, <4 x i32> <i32 1, i32 2, i32 3, i32 0>
  %v113 = add <4 x i32> %v111, %v112
  %v114 = extractelement <4 x i32> %v113, i32 0
  %v115 = getelementptr i32, ptr %v4, i64 %v13
  store i32 %v114, ptr %v115, align 1
  %v116 = add i64 %v13, 1
  store i64 %v116, ptr %s9
  br label %head10
end12:
  ret void
}

declare <4 x i32> @llvm.masked.load.v4i32.p0(ptr, i32, <4 x i1>, <4 x i32>)
